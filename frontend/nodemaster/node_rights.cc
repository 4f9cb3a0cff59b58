#include "frontend/nodemaster/node_rights.h"

#include <algorithm>
#include <cerrno>

#include "frontend/common/octal_mode.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::uint32_t bit_for(const NodeRights& rights, const Credentials& caller) {
  if (caller.uid == rights.owner) return 0100;
  return is_member(caller, rights.group) ? 0010 : 0001;
}

}  // namespace

bool is_member(const Credentials& caller, std::uint32_t group) {
  return caller.gid == group || std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
}

sys::Status check_start(const NodeRights& rights, const Credentials& caller) {
  if (caller.uid == 0 || (rights.mode & bit_for(rights, caller)) != 0) return {};
  return sys::failure(EACCES, sys::cat("uid ", caller.uid, " may not start processes there: owner ", rights.owner,
                                       ", group ", rights.group, ", mode ", format_mode(rights.mode)));
}

}  // namespace frontend
