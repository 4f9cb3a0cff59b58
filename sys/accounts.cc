#include "sys/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "sys/text.h"

namespace sys {
namespace {

// A group's line holds the names of all its members.
constexpr std::size_t first_size = 4096;
constexpr std::size_t most = 16u << 20;

// What is not there is said in many ways (getgrnam(3)).
bool means_none(int code) { return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM; }

}  // namespace

Result<std::optional<std::uint32_t>> find_group(const std::string& name) {
  std::vector<char> buffer(first_size);
  group entry{};
  group* found = nullptr;
  int code = 0;
  while ((code = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
    if (buffer.size() >= most) break;
    buffer.resize(2 * buffer.size());
  }
  if (found != nullptr) return std::optional<std::uint32_t>(found->gr_gid);
  if (means_none(code)) return std::optional<std::uint32_t>();
  return failure(code, cat("look up group ", printable(name)));
}

std::string user_name(std::uint32_t uid) {
  std::vector<char> buffer(first_size);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return cat(uid);
}

std::uint32_t own_user() { return ::geteuid(); }

}  // namespace sys
