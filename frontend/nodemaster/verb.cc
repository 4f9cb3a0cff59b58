#include "frontend/nodemaster/verb.h"

#include <variant>

#include "sys/text.h"

namespace frontend {
namespace {

// One overload per request; every other message is none.
struct Maker {
  Desk& desk;
  Reply& reply;
  using Made = std::unique_ptr<Verb>;
  Made operator()(transport::StatusRequest& request) { return make_status_verb(std::move(request), desk, reply); }
  Made operator()(transport::WaitRequest& request) { return make_wait_verb(std::move(request), desk, reply); }
  Made operator()(transport::BootLogRequest& request) { return make_boot_log_verb(std::move(request), desk, reply); }
  Made operator()(transport::LogRequest& request) { return make_log_verb(std::move(request), desk, reply); }
  Made operator()(transport::ServicesRequest& request) { return make_services_verb(std::move(request), desk, reply); }
  Made operator()(transport::UpRequest& request) { return make_up_verb(std::move(request), desk, reply); }
  Made operator()(transport::PlanRequest& request) { return make_plan_verb(std::move(request), desk, reply); }
  Made operator()(transport::PowerRequest& request) { return make_power_verb(std::move(request), desk, reply); }
  Made operator()(transport::RightsRequest& request) { return make_rights_verb(std::move(request), desk, reply); }
  Made operator()(transport::AvailabilityRequest& request) {
    return make_availability_verb(std::move(request), desk, reply);
  }
  Made operator()(transport::KillRequest& request) { return make_kill_verb(std::move(request), desk, reply); }
  Made operator()(transport::PsRequest& request) { return make_ps_verb(std::move(request), desk, reply); }
  Made operator()(transport::RunRequest& request) { return make_run_verb(std::move(request), desk, reply); }
  Made operator()(transport::RunAttach& request) { return make_attach_verb(std::move(request), desk, reply); }
  Made operator()(transport::MetricsRequest&) { return make_metrics_verb(desk, reply); }
  template <class Other> Made operator()(Other&) { return nullptr; }
};

}  // namespace

std::unique_ptr<Verb> make_verb(transport::Message request, Desk& desk, Reply& reply) {
  return std::visit(Maker{desk, reply}, request);
}

sys::Result<std::vector<transport::NodeNumber>> select_nodes(const std::string& text, const NodeTable& table) {
  const auto set = parse_node_set(text);
  if (!set) return tl::make_unexpected(set.error());
  return resolve(*set, table);
}

std::vector<transport::NodeNumber> select_some(const std::string& text, const NodeTable& table, Reply& reply) {
  auto nodes = select_nodes(text, table);
  if (!nodes) {
    reply.fail(true, nodes.error().text());
    return {};
  }
  if (nodes->empty()) reply.fail(false, sys::cat("no node is in the set '", sys::printable(text, 64), "' now"));
  return std::move(*nodes);
}

}  // namespace frontend
