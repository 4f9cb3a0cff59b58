// Who may ask for what on the control socket. Everybody may connect; each request is held against one table, here,
// with the credentials that the kernel has of the other end. docs/SECURITY.md shows the same table. Where "anyone" may, his own
// processes and nodes are meant: who may start processes where, and change that, node_rights.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frontend/nodemaster/credentials.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

// Each may do what those before it may.
enum class Role : std::uint8_t { anyone, admin, root };
constexpr std::size_t role_count = 3;
std::string_view role_name(Role role);

// The group whose members are admins.
struct AdminGroup {
  std::string name;
  std::uint32_t gid = 0;
  bool operator==(const AdminGroup&) const = default;
};

// Root by uid 0; admin by a primary or supplementary group. Without a group nobody is an admin.
Role role_of(const Credentials& caller, const std::optional<AdminGroup>& admins);

struct Permission {
  std::uint16_t request;   // number of the message
  std::string_view verbs;  // of nodectl that make it
  Role least;
  bool (*concerns)(const transport::Message&) = nullptr;  // which requests of that number; null: all that are left
};
std::span<const Permission> permissions();
// The row that decides; null when there is none.
const Permission* find_permission(const transport::Message& request);

// Whether `caller` may ask for this. The error is fit for him: "permission denied: 'run' needs ...". A message that is
// not in the table is root's.
sys::Status check_permission(const transport::Message& request, const Credentials& caller,
                             const std::optional<AdminGroup>& admins);

}  // namespace frontend
