#include "frontend/nodemaster/roles.h"

#include <algorithm>

#include "sys/text.h"
#include "transport/codec.h"

namespace frontend {
namespace {

constexpr Permission table[] = {
    {transport::StatusRequest::number, "status", Role::anyone},
    {transport::WaitRequest::number, "wait", Role::anyone},
    {transport::BootLogRequest::number, "boot-log", Role::anyone},
    {transport::MetricsRequest::number, "metrics", Role::anyone},
    {transport::ServicesRequest::number, "services", Role::anyone},
    {transport::LogRequest::number, "log", Role::admin},
    {transport::RunRequest::number, "run", Role::admin},
    {transport::RunSignal::number, "run", Role::admin},
    {transport::RunGhosts::number, "run", Role::admin},
    {transport::RunInput::number, "run", Role::admin},
    {transport::RunCredit::number, "run", Role::admin},
    {transport::RunAck::number, "run", Role::admin},
    {transport::RunAttach::number, "run", Role::admin},
    {transport::RunResize::number, "run", Role::admin},
    {transport::PsRequest::number, "ps", Role::anyone},
    {transport::KillRequest::number, "kill", Role::anyone},
    {transport::RightsRequest::number, "chown, chgrp, chmod", Role::admin},
    {transport::AvailabilityRequest::number, "set", Role::admin},
    {transport::UpRequest::number, "up", Role::admin},
    {transport::PlanRequest::number, "plan", Role::admin},
    {transport::PowerRequest::number, "reboot, poweroff", Role::admin},
};

// As the caller typed it, where one message stands for two verbs.
std::string_view verb_of(const transport::Message& request, const Permission& permission) {
  const auto* power = std::get_if<transport::PowerRequest>(&request);
  if (!power) return permission.verbs;
  return power->change == transport::PowerChange::restart ? "reboot" : "poweroff";
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
  const bool member = caller.gid == admins->gid ||
                      std::find(caller.groups.begin(), caller.groups.end(), admins->gid) != caller.groups.end();
  return member ? Role::admin : Role::anyone;
}

std::span<const Permission> permissions() { return table; }

sys::Status check_permission(const transport::Message& request, const Credentials& caller,
                             const std::optional<AdminGroup>& admins) {
  const std::uint16_t number = transport::number_of(request);
  const auto* const row = std::find_if(std::begin(table), std::end(table),
                                       [number](const Permission& permission) { return permission.request == number; });
  const bool listed = row != std::end(table);
  const Role least = listed ? row->least : Role::root;
  if (role_of(caller, admins) >= least) return {};
  const std::string what = listed ? std::string(verb_of(request, *row)) : transport::name_of_number(number);
  return sys::refusal(
      sys::cat("permission denied: '", what, "' needs ", who_may(least, admins), " (you are uid ", caller.uid, ")"));
}

}  // namespace frontend
