// fork(2) of a process with a given pid, or in a given cgroup: clone3(2).
#pragma once

namespace sys {

// `pid` 0: any. `group`: the open directory of the cgroup that it is born in; -1: its parent's. As fork(2) returns; EEXIST: the pid is
// taken; EPERM: giving one is not for this user; EINVAL: this kernel cannot, or there is no such pid.
//
// musl knows nothing of it: what it believes to be the child's thread id is the parent's, which matters to raise(3) and
// abort(3) alone. The child calls neither.
int fork_as(int pid, int group);

}  // namespace sys
