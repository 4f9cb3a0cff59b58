#include "sys/borrowed_rights.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "sys/text.h"

namespace sys {
namespace {

// Where these numbers have been of 16 bits once, there are others for 32.
#ifdef SYS_setfsuid32
constexpr long set_uid = SYS_setfsuid32, set_gid = SYS_setfsgid32;
constexpr long get_groups = SYS_getgroups32, set_groups = SYS_setgroups32;
#else
constexpr long set_uid = SYS_setfsuid, set_gid = SYS_setfsgid;
constexpr long get_groups = SYS_getgroups, set_groups = SYS_setgroups;
#endif
constexpr std::uint32_t nobody_at_all = 0xffffffff;  // changes nothing; the answer says what is

// These two calls answer with what was before, and never with an error.
std::uint32_t exchange_id(long call, std::uint32_t id) { return static_cast<std::uint32_t>(::syscall(call, id)); }

bool set_id(long call, std::uint32_t id) {
  exchange_id(call, id);
  return exchange_id(call, nobody_at_all) == id;
}

bool set_all_groups(const std::vector<std::uint32_t>& groups) {
  return ::syscall(set_groups, groups.size(), groups.data()) == 0;
}

Result<FileRights> rights_now() {
  FileRights now{exchange_id(set_uid, nobody_at_all), exchange_id(set_gid, nobody_at_all)};
  const long count = ::syscall(get_groups, 0, nullptr);
  if (count < 0) return failure(errno, "get supplementary groups");
  now.groups.resize(static_cast<std::size_t>(count));
  if (::syscall(get_groups, count, now.groups.data()) != count) return failure(errno, "get supplementary groups");
  return now;
}

}  // namespace

Result<BorrowedRights> BorrowedRights::borrow(const FileRights& rights) {
  BorrowedRights borrowed;
  if (rights.uid == ::geteuid()) return borrowed;
  if (::geteuid() != 0) return failure(EPERM, cat("open files as user ", rights.uid));
  auto before = rights_now();
  if (!before) return tl::unexpected(before.error());
  borrowed.before_ = std::move(*before);
  if (auto status = borrowed.take(rights); !status) return tl::unexpected(status.error());
  return borrowed;
}

// The user last: while it is root's, the others may be changed. What has been taken when it fails is given back.
Status BorrowedRights::take(const FileRights& rights) {
  if (!set_all_groups(rights.groups)) return failure(errno, "open files with the groups of another user");
  borrowed_ = true;
  if (!set_id(set_gid, rights.gid)) return failure(EPERM, cat("open files as group ", rights.gid));
  if (!set_id(set_uid, rights.uid)) return failure(EPERM, cat("open files as user ", rights.uid));
  return {};
}

BorrowedRights::BorrowedRights(BorrowedRights&& other) noexcept
    : before_(std::move(other.before_)), borrowed_(std::exchange(other.borrowed_, false)) {}

BorrowedRights::~BorrowedRights() {
  if (!borrowed_) return;
  const bool whole = set_id(set_uid, before_.uid) && set_id(set_gid, before_.gid) && set_all_groups(before_.groups);
  if (!whole) std::abort();
}

}  // namespace sys
