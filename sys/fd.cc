#include "sys/fd.h"

#include <unistd.h>

namespace sys {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void Fd::reset() {
  // Never repeated after EINTR: Linux has closed the descriptor all the same.
  if (valid()) ::close(release());
}

}  // namespace sys
