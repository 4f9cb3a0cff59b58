#include "sys/limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace sys {

Result<std::uint64_t> raise_open_files(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return failure(errno, "read the limit of open files");
  if (limit.rlim_cur >= wanted) return static_cast<std::uint64_t>(limit.rlim_cur);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) return failure(errno, "raise the limit of open files");
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

}  // namespace sys
