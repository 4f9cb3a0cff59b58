// A umask for the length of a scope: how a file is born with exactly the mode that is asked for.
#pragma once

#include <sys/stat.h>

namespace sys {

class UmaskGuard {
 public:
  explicit UmaskGuard(mode_t mask) : before_(::umask(mask)) {}
  ~UmaskGuard() { ::umask(before_); }
  UmaskGuard(const UmaskGuard&) = delete;
  UmaskGuard& operator=(const UmaskGuard&) = delete;

 private:
  mode_t before_;
};

}  // namespace sys
