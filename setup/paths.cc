#include "setup/paths.h"

#include "sys/path.h"
#include "sys/text.h"

namespace setup {

sys::Status check_path(std::string_view path) {
  if (sys::is_clean_path(path) && path != "/") return {};
  const std::string_view fault = path == "/" ? "is the root directory" : sys::path_fault(path);
  return sys::refusal(sys::cat("path '", sys::printable(path), "' ", fault, ": correct the plan"));
}

sys::Status make_room(sys::Files& files, const std::string& path) {
  if (auto status = check_path(path); !status) return status;
  return files.make_directories(std::string(sys::parent_of(path)));
}

// Whose a link is tells who has planted it.
std::string what_is(const sys::FileFacts& facts) {
  switch (facts.kind) {
    case sys::FileKind::regular:
      return "a regular file";
    case sys::FileKind::directory:
      return "a directory";
    case sys::FileKind::link:
      return sys::cat("a symbolic link of uid ", facts.uid);
    case sys::FileKind::character_device:
      return "a character device";
    case sys::FileKind::block_device:
      return "a block device";
    case sys::FileKind::other:
      break;
  }
  return "a socket or pipe";
}

bool owned_as(const sys::FileFacts& facts, const sys::Ownership& wanted) {
  return facts.uid == wanted.uid && facts.gid == wanted.gid && facts.mode == wanted.mode;
}

bool may_be_given(const sys::FileFacts& there, const sys::Ownership& owner) {
  return there.uid == 0 || there.uid == owner.uid;
}

// Beside its place and then renamed, so that nobody sees the path without a link.
sys::Status put_link(sys::Files& files, const std::string& target, const std::string& path) {
  const std::string beside = sys::temporary_beside(path);
  const auto left_over = files.facts(beside);  // by an attempt that was killed
  if (!left_over) return tl::unexpected(left_over.error());
  if (*left_over)
    if (auto status = files.remove(beside); !status) return status;
  if (auto status = files.make_link(target, beside); !status) return status;
  return files.rename(beside, path);
}

}  // namespace setup
