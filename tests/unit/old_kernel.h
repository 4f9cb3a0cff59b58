// Tests of what is done on kernels without a newer system call: the body runs in a child to which it is denied.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>

#include "tests/unit/in_namespace.h"

namespace fakes {

// From now on system call `number` fails with `code`, here and in all children.
inline bool deny_system_call(unsigned number, unsigned code) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {4, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// From now on no file system has files without a name (O_TMPFILE), as NFS does not.
inline bool deny_unnamed_files() {
  constexpr unsigned unnamed = 020000000;  // __O_TMPFILE
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, unnamed, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {6, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// The body on this kernel, on one without openat2(2), and under a filter that knows no such call. `flags`: of
// check_in_namespace().
inline void check_on_every_kernel(int flags, const std::function<std::string()>& body) {
  for (const unsigned code : {0, ENOSYS, EPERM}) {
    CAPTURE(code);
    check_in_namespace(flags, [&]() -> std::string {
      if (code != 0 && !deny_system_call(SYS_openat2, code)) return "seccomp does not work here";
      return body();
    });
  }
}

}  // namespace fakes
