// What people write: cluster.toml and node_up.toml of the front end; nodeinit.toml, the kernel's command line and the
// program's arguments of a node. And nodes.toml, which nodemaster has written itself, and a disk may have damaged.
//
// Input: one byte that chooses the kind, then the text. What has to hold: what is wrong is said with a reason and a line
// that the file has; a configuration without errors keeps its promises (configuration.h): nodes and steps are within
// their limits and no two of them are the same; settings of a node stay within their bounds whatever is assigned; and
// nodes.toml is read as it is written.
#include <set>

#include "frontend/nodemaster/check_configuration.h"
#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/node_changes.h"
#include "nodeinit/records.h"
#include "nodeinit/settings.h"
#include "nodeinit/toml_settings.h"
#include "sys/text.h"
#include "tests/fakes/fake_files.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace std::chrono_literals;
using fuzz::require;

constexpr char cluster_path[] = "/etc/nodemaster/cluster.toml";
constexpr char plan_path[] = "/etc/nodemaster/node_up.toml";
constexpr char good_cluster[] = R"(insecure = true
[front_end]
interface = "br0"
address = "10.9.0.1"
[[nodes]]
range = "0-15"
mac = "52:54:00:09:00:00"
address = "10.9.1.0"
)";
constexpr char good_plan[] = "[[step]]\nkind = \"hostname\"\n";

struct Place {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  Place() {
    files.put_directory("/etc/nodemaster/node_up.d");
    files.put("/etc/nodemaster/keys/front-end.key",
              "nodeinit-front-end-secret-key 0101010101010101010101010101010101010101010101010101010101010101\n", 0600);
    files.put("/etc/nodemaster/keys/cluster.key",
              "nodeinit-cluster-key 0202020202020202020202020202020202020202020202020202020202020202\n", 0600);
  }
};

std::size_t lines_of(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

template <class T, class Name> bool all_differ(const std::vector<T>& all, Name name) {
  std::set<std::decay_t<decltype(name(all.front()))>> seen;
  return std::all_of(all.begin(), all.end(), [&](const T& one) { return seen.insert(name(one)).second; });
}

void check_promises(const frontend::Configuration& configuration) {
  const auto& nodes = configuration.nodes;
  require(nodes.size() <= frontend::max_nodes, "nodes are not too many");
  require(std::is_sorted(nodes.begin(), nodes.end(), [](auto& a, auto& b) { return a.number < b.number; }),
          "nodes are in order");
  require(all_differ(nodes, [](auto& node) { return node.number; }) &&
              all_differ(nodes, [](auto& node) { return node.name; }) &&
              all_differ(nodes, [](auto& node) { return node.mac; }) &&
              all_differ(nodes, [](auto& node) { return node.address; }),
          "no two nodes are the same");
  require(configuration.address != 0 && configuration.port != 0, "there is a front end");
  require(configuration.control_socket.starts_with('/'), "the control socket has an absolute path");
  require(configuration.ping_interval >= 100ms && configuration.silence_limit > configuration.ping_interval &&
              configuration.silence_limit <= 1h,
          "the heartbeat is within its bounds");
  require(all_differ(configuration.plan, [](auto& step) { return step.step.name; }), "no two steps have one name");
  for (const frontend::PlanStep& step : configuration.plan)
    require(step.step.timeout_ms >= 100 && step.step.retries <= 1000, "steps are within their bounds");
}

void load(std::string_view cluster, std::string_view plan) {
  static Place place;
  place.faults.calls.clear();
  place.files.put(cluster_path, std::string(cluster));
  place.files.put(plan_path, std::string(plan));
  frontend::Problems problems;
  const auto configuration = frontend::load_configuration(place.files, cluster_path, problems);
  for (const frontend::Problem& problem : problems.sorted()) {
    require(!problem.reason.empty() && !problem.file.empty(), "a problem has a place and a reason");
    const std::string_view text = problem.file == plan_path ? plan : cluster;
    require(problem.line <= lines_of(text), "a problem is in a line that the file has");
  }
  if (!problems.errors()) check_promises(configuration);
}

void settle(std::span<const node::Assignment> assignments) {
  node::Settings settings;
  for (const std::string& problem : node::assign(assignments, settings))
    require(!problem.empty() && problem.find('\n') == std::string::npos, "a problem is one line");
  for (const std::string& problem : node::reconcile(settings))
    require(!problem.empty(), "a problem is said");
  require(settings.port != 0 && settings.reboot_after >= 0s && settings.discovery.prefix <= 32,
          "settings are within their bounds");
  require(settings.discovery.method == network::Method::rarp ||
              (settings.discovery.address != 0 && settings.discovery.front_end != 0),
          "a static address is complete");
}

void load_toml(std::string_view text) {
  const std::string records = node::flatten_toml(text);
  const auto fields = node::split_fields(std::as_bytes(std::span(records)), 3);
  require(fields.has_value(), "records are complete");
  std::vector<node::Assignment> assignments;
  for (std::size_t at = 0; at < fields->size(); at += 3) {
    assignments.push_back({std::string((*fields)[at]), std::string((*fields)[at + 1]), std::string((*fields)[at + 2])});
  }
  settle(assignments);
}

void load_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (const std::string_view one : sys::split(text, '\0'))
    arguments.emplace_back(one);
  std::vector<std::string> problems;
  const auto assignments = node::from_arguments(arguments, problems);
  require(assignments.size() + problems.size() == arguments.size(), "every argument is taken or complained of");
  settle(assignments);
}

void load_changes(std::string_view text) {
  const std::string path = "/var/lib/nodemaster/nodes.toml";
  frontend::Problems problems;
  const auto changes = frontend::parse_changes(text, path, problems);
  for (const frontend::Problem& problem : problems.sorted())
    require(!problem.reason.empty() && problem.file == path && problem.line <= lines_of(text),
            "a problem has a reason, and a line that the file has");
  require(changes.size() <= frontend::max_nodes, "nodes are not too many");
  frontend::Problems none;
  require(frontend::parse_changes(frontend::format_changes(changes), path, none) == changes && !none.errors(),
          "what has been changed is read as it is written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t kind = input.byte();
  const std::string_view text = fuzz::as_text(input.rest());
  switch (kind % 6) {
    case 0:
      load(text, good_plan);
      break;
    case 1:
      load(good_cluster, text);
      break;
    case 2:
      load_toml(text);
      break;
    case 3:
      settle(node::from_kernel_command_line(text));
      break;
    case 4:
      load_arguments(text);
      break;
    case 5:
      load_changes(text);
  }
  return 0;
}
