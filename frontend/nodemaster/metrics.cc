#include "frontend/nodemaster/metrics.h"

#include <array>

#include "frontend/common/node_state.h"
#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

constexpr std::size_t state_count = static_cast<std::size_t>(transport::NodeState::unavailable) + 1;

using transport::Metric;
using transport::MetricKind;

Metric metric_of(const CounterRow& row, const Counters& counters) {
  return {.name = std::string(row.name),
          .kind = MetricKind::counter,
          .help = std::string(row.help),
          .labels = {{std::string(row.label_name), std::string(row.label)}},
          .value = counters.value(row.counter)};
}

Metric gauge(const char* name, const char* help, std::uint64_t value) {
  return {.name = name, .kind = MetricKind::gauge, .help = help, .labels = {}, .value = value};
}

void add_states(std::vector<Metric>& all, const NodeTable& table) {
  std::array<std::uint64_t, state_count> counts{};
  for (const transport::NodeNumber node : table.numbers()) {
    if (const auto state = table.state_of(node)) ++counts[static_cast<std::size_t>(*state)];
  }
  for (std::size_t state = 0; state < counts.size(); ++state) {
    Metric metric = gauge("nodemaster_nodes", "Nodes by state", counts[state]);
    metric.labels = {{"state", std::string(state_name(static_cast<transport::NodeState>(state)))}};
    all.push_back(std::move(metric));
  }
}

}  // namespace

std::vector<Metric> metrics_of(const Desk& desk) {
  std::vector<Metric> all;
  add_states(all, desk.table);
  all.push_back(gauge("nodemaster_nodes_connected", "Nodes that are connected", desk.sessions.connected()));
  all.push_back(gauge("nodemaster_node_greetings", "Connections to the nodes' port that have not greeted yet",
                      desk.listener.greeting()));
  all.push_back(gauge("nodemaster_node_setups", "Nodes that are being set up", desk.node_up.running()));
  all.push_back(gauge("nodemaster_jobs", "Jobs that run", desk.jobs.running()));
  for (const CounterRow& row : counter_table())
    all.push_back(metric_of(row, desk.counters));
  return all;
}

}  // namespace frontend
