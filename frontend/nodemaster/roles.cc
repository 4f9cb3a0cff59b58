#include "frontend/nodemaster/roles.h"

#include <algorithm>

#include "frontend/nodemaster/node_rights.h"
#include "sys/text.h"
#include "transport/codec.h"

namespace frontend {
namespace {

bool gives_nodes_away(const transport::Message& request) {
  const auto* rights = std::get_if<transport::RightsRequest>(&request);
  return rights && rights->right != transport::NodeRight::mode;
}

constexpr Permission table[] = {
    {transport::StatusRequest::number, "status", Role::anyone},
    {transport::WaitRequest::number, "wait", Role::anyone},
    {transport::BootLogRequest::number, "boot-log", Role::anyone},
    {transport::MetricsRequest::number, "metrics", Role::anyone},
    {transport::ServicesRequest::number, "services", Role::anyone},
    {transport::LogRequest::number, "log", Role::admin},
    {transport::RunRequest::number, "run", Role::anyone},
    {transport::RunSignal::number, "run", Role::anyone},
    {transport::RunGhosts::number, "run", Role::anyone},
    {transport::RunInput::number, "run", Role::anyone},
    {transport::RunCredit::number, "run", Role::anyone},
    {transport::RunAck::number, "run", Role::anyone},
    {transport::RunAttach::number, "run", Role::anyone},
    {transport::RunResize::number, "run", Role::anyone},
    {transport::RunProcessSignal::number, "run", Role::anyone},
    {transport::PsRequest::number, "ps", Role::anyone},
    {transport::KillRequest::number, "kill", Role::anyone},
    {transport::RightsRequest::number, "chown, chgrp", Role::root, gives_nodes_away},
    {transport::RightsRequest::number, "chmod", Role::anyone},
    {transport::AvailabilityRequest::number, "set", Role::admin},
    {transport::UpRequest::number, "up", Role::admin},
    {transport::PlanRequest::number, "plan", Role::admin},
    {transport::PowerRequest::number, "reboot, poweroff", Role::admin},
};

// As the caller typed it, where one message stands for two verbs.
std::string_view verb_of(const transport::Message& request, const Permission& permission) {
  if (const auto* power = std::get_if<transport::PowerRequest>(&request))
    return power->change == transport::PowerChange::restart ? "reboot" : "poweroff";
  if (const auto* rights = std::get_if<transport::RightsRequest>(&request); rights && permission.concerns)
    return rights->right == transport::NodeRight::owner ? "chown" : "chgrp";
  return permission.verbs;
}

std::string who_may(Role least, const std::optional<AdminGroup>& admins) {
  if (least == Role::root) return "root";
  if (admins) return sys::cat("root or a member of group ", admins->name);
  return "root, as cluster.toml names no admin_group";
}

}  // namespace

std::string_view role_name(Role role) {
  constexpr std::string_view names[role_count] = {"anyone", "admin", "root"};
  return names[static_cast<std::size_t>(role)];
}

Role role_of(const Credentials& caller, const std::optional<AdminGroup>& admins) {
  if (caller.uid == 0) return Role::root;
  if (!admins) return Role::anyone;
  return is_member(caller, admins->gid) ? Role::admin : Role::anyone;
}

std::span<const Permission> permissions() { return table; }

const Permission* find_permission(const transport::Message& request) {
  const std::uint16_t number = transport::number_of(request);
  const auto* const row = std::find_if(std::begin(table), std::end(table), [&](const Permission& permission) {
    return permission.request == number && (!permission.concerns || permission.concerns(request));
  });
  return row == std::end(table) ? nullptr : row;
}

sys::Status check_permission(const transport::Message& request, const Credentials& caller,
                             const std::optional<AdminGroup>& admins) {
  const Permission* const row = find_permission(request);
  const Role least = row ? row->least : Role::root;
  if (role_of(caller, admins) >= least) return {};
  const std::string what =
      row ? std::string(verb_of(request, *row)) : transport::name_of_number(transport::number_of(request));
  return sys::refusal(
      sys::cat("permission denied: '", what, "' needs ", who_may(least, admins), " (you are uid ", caller.uid, ")"));
}

}  // namespace frontend
