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
constexpr std::uint64_t last_id = 0xfffffffe;

// What is not there is said in many ways (getgrnam(3)).
bool means_none(int code) { return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM; }

// One of the getXXnam_r() and getXXid_r() functions, with as much room as it wants. What `take` makes of an entry, or
// nothing.
template <class Entry, class Key, class Take>
auto look_up(int (*call)(Key, Entry*, char*, std::size_t, Entry**), Key key, Take take, int& code)
    -> std::optional<decltype(take(Entry()))> {
  std::vector<char> buffer(first_size);
  Entry entry{};
  Entry* found = nullptr;
  while ((code = call(key, &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
    if (buffer.size() >= most) break;
    buffer.resize(2 * buffer.size());
  }
  if (found == nullptr) return std::nullopt;
  return take(*found);
}

std::optional<std::uint32_t> as_id(const std::string& text) {
  const auto number = parse_number(text, 0, last_id);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

}  // namespace

FoundId find_user(const std::string& name) {
  int code = 0;
  const auto uid = look_up(
      ::getpwnam_r, name.c_str(), [](const passwd& entry) { return entry.pw_uid; }, code);
  if (uid || means_none(code)) return uid;
  return failure(code, cat("look up user ", printable(name)));
}

FoundId find_group(const std::string& name) {
  int code = 0;
  const auto gid = look_up(
      ::getgrnam_r, name.c_str(), [](const group& entry) { return entry.gr_gid; }, code);
  if (gid || means_none(code)) return gid;
  return failure(code, cat("look up group ", printable(name)));
}

FoundId find_user_or_id(const std::string& text) {
  if (const auto id = as_id(text)) return id;
  return find_user(text);
}

FoundId find_group_or_id(const std::string& text) {
  if (const auto id = as_id(text)) return id;
  return find_group(text);
}

std::string user_name(std::uint32_t uid) {
  int code = 0;
  const auto take = [](const passwd& entry) { return std::string(entry.pw_name); };
  return look_up(::getpwuid_r, uid, take, code).value_or(cat(uid));
}

std::string group_name(std::uint32_t gid) {
  int code = 0;
  const auto take = [](const group& entry) { return std::string(entry.gr_name); };
  return look_up(::getgrgid_r, gid, take, code).value_or(cat(gid));
}

std::uint32_t own_user() { return ::geteuid(); }

std::uint32_t own_group() { return ::getegid(); }

}  // namespace sys
