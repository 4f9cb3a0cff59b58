#include "frontend/nodemaster/control_admission.h"

#include "sys/text.h"

namespace frontend {

sys::Result<ControlAdmission::Place> ControlAdmission::enter(Role role, std::uint32_t uid) {
  const auto index = static_cast<std::size_t>(role);
  const auto user = by_user_.find(uid);
  if (user != by_user_.end() && user->second >= of_one_user[index]) {
    return sys::refusal(sys::cat("nodemaster is busy: uid ", uid, " has ", user->second,
                                 " connections already; end some of its commands"));
  }
  // A place is free when it is within the limit of the role and of each above it.
  std::size_t used = 0;
  for (std::size_t level = 0; level < role_count; ++level) {
    used += by_role_[level];
    if (level >= index && used >= in_all[level]) {
      return sys::refusal(sys::cat("nodemaster is busy: ", used, " commands are connected; try again later"));
    }
  }
  ++by_user_[uid];
  ++by_role_[index];
  return Place(*this, role, uid);
}

void ControlAdmission::leave(Role role, std::uint32_t uid) {
  --by_role_[static_cast<std::size_t>(role)];
  const auto user = by_user_.find(uid);
  if (--user->second == 0) by_user_.erase(user);
}

}  // namespace frontend
