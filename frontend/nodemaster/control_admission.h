// Who gets in on the control socket, so that no user keeps out another, and users do not keep out those who have to
// put things right. Of all connections some are kept for admins and some more for root; and one user has only a few.
//
//   connections            in all   of one user
//   of anyone                 160            16
//   ... and of admins         192            64
//   ... and of root           256           256
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "frontend/nodemaster/roles.h"

namespace frontend {

class ControlAdmission {
 public:
  // Of one connection, free again when it goes, however that comes about. Movable; the admission must outlive it.
  class Place {
   public:
    Place(ControlAdmission& admission, Role role, std::uint32_t uid) : admission_(&admission), role_(role), uid_(uid) {}
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), role_(other.role_), uid_(other.uid_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (admission_) admission_->leave(role_, uid_);
    }

   private:
    ControlAdmission* admission_;
    Role role_;
    std::uint32_t uid_;
  };

  // By role: how many of that role and those below it, and how many of one user.
  static constexpr std::array<std::size_t, role_count> in_all = {160, 192, 256};
  static constexpr std::array<std::size_t, role_count> of_one_user = {16, 64, 256};

  // One more connection. The error is fit for who is turned away: "nodemaster is busy: ...".
  sys::Result<Place> enter(Role role, std::uint32_t uid);

 private:
  void leave(Role role, std::uint32_t uid);

  std::array<std::size_t, role_count> by_role_{};
  std::map<std::uint32_t, std::size_t> by_user_;
};

}  // namespace frontend
