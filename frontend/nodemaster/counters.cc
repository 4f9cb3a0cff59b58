#include "frontend/nodemaster/counters.h"

namespace frontend {
namespace {

constexpr std::string_view connections = "nodemaster_refused_connections_total";
constexpr std::string_view connections_help = "Connections to the nodes' port that were refused or given up, by reason";
constexpr std::string_view requests = "nodemaster_refused_requests_total";
constexpr std::string_view requests_help =
    "Requests and connections on the control socket that were refused, by reason";
constexpr std::string_view hooks = "nodemaster_failed_hooks_total";
constexpr std::string_view hooks_help = "Hooks that failed or were killed at their time limit, by what they run for";

constexpr std::array<CounterRow, static_cast<std::size_t>(Counter::count_)> table = {{
    {Counter::handshake_malformed, connections, "handshake_malformed", connections_help},
    {Counter::handshake_version, connections, "handshake_version", connections_help},
    {Counter::handshake_protection, connections, "handshake_protection", connections_help},
    {Counter::handshake_wrong_front_end_key, connections, "handshake_wrong_front_end_key", connections_help},
    {Counter::handshake_wrong_cluster_key, connections, "handshake_wrong_cluster_key", connections_help},
    {Counter::handshake_not_authentic, connections, "handshake_not_authentic", connections_help},
    {Counter::handshake_replayed, connections, "handshake_replayed", connections_help},
    {Counter::handshake_timeout, connections, "handshake_timeout", connections_help},
    {Counter::handshake_abandoned, connections, "handshake_abandoned", connections_help},
    {Counter::record_not_authentic, connections, "record_not_authentic", connections_help},
    {Counter::greeting_timeout, connections, "greeting_timeout", connections_help},
    {Counter::message_refused, connections, "message_refused", connections_help},
    {Counter::too_many_from_address, connections, "too_many_from_address", connections_help},
    {Counter::shut_out, connections, "shut_out", connections_help},
    {Counter::evicted, connections, "evicted", connections_help},
    {Counter::unknown_mac, connections, "unknown_mac", connections_help},
    {Counter::number_taken, connections, "number_taken", connections_help},
    {Counter::joins_too_often, connections, "joins_too_often", connections_help},
    {Counter::control_permission, requests, "permission", requests_help},
    {Counter::control_busy, requests, "busy", requests_help},
    {Counter::control_malformed, requests, "malformed", requests_help},
    {Counter::control_idle, requests, "idle", requests_help},
    {Counter::control_not_reading, requests, "not_reading", requests_help},
    {Counter::control_unanswerable, requests, "unanswerable", requests_help},
    {Counter::hook_up_failed, hooks, "node_up", hooks_help, "event"},
    {Counter::hook_down_failed, hooks, "node_down", hooks_help, "event"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].counter != static_cast<Counter>(i)) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const CounterRow> counter_table() { return table; }

}  // namespace frontend
