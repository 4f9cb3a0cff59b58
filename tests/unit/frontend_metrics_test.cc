// What nodemaster counts and measures, as a command is told.
#include "frontend/nodemaster/metrics.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/frontend_cluster.h"

namespace {

using namespace fakes;

TEST_CASE("metrics: gauges are what is so now") {
  Guarded cluster;
  const auto node = cluster.bring_up(3);
  const auto stranger = cluster.connect_node();
  const auto joining = cluster.join(2);
  CHECK(cluster.metric("nodemaster_nodes", "up") == 1);
  CHECK(cluster.metric("nodemaster_nodes", "boot") == 1);
  CHECK(cluster.metric("nodemaster_nodes", "down") == 2);
  CHECK(cluster.metric("nodemaster_nodes", "error") == 0);
  CHECK(cluster.metric("nodemaster_nodes_connected") == 2);
  CHECK(cluster.metric("nodemaster_node_greetings") == 1);
  CHECK(cluster.metric("nodemaster_node_setups") == 1);
  const auto run = cluster.ask_as(root, transport::RunRequest{.nodes = "3", .program = "/bin/foo"});
  CHECK(cluster.metric("nodemaster_jobs") == 1);
}

TEST_CASE("metrics: names and labels are fixed, those of one name follow one another") {
  Guarded cluster;
  const auto reply = cluster.ask_as(user, transport::MetricsRequest{})->take<transport::MetricsReply>();
  REQUIRE(reply.size() == 1);
  std::set<std::string> seen;
  std::set<std::string> names;
  std::string last;
  for (const transport::Metric& metric : reply[0].entries) {
    CAPTURE(metric.name);
    CHECK(metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
    CHECK(metric.name.starts_with("nodemaster_"));
    CHECK((metric.kind == transport::MetricKind::counter) == metric.name.ends_with("_total"));
    CHECK(metric.help != "");
    if (metric.name != last) CHECK(names.insert(metric.name).second);
    last = metric.name;
    const std::string label = metric.labels.empty() ? "" : metric.labels[0].value;
    CHECK(seen.insert(metric.name + label).second);
  }
  CHECK(seen.size() == frontend::counter_table().size() + 9);
}

}  // namespace
