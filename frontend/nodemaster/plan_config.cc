// node_up.toml: what all steps have in common. Their actions are read in step_kinds.cc.
#include <algorithm>
#include <map>

#include "frontend/common/node_set.h"
#include "frontend/nodemaster/config_readers.h"
#include "frontend/nodemaster/mount_kind.h"
#include "frontend/nodemaster/node_facts.h"
#include "frontend/nodemaster/plan_order.h"
#include "frontend/nodemaster/plan_tasks.h"
#include "frontend/nodemaster/step_kinds.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;

constexpr std::size_t max_steps = 1000;

// The configured nodes, as a plan may name them: states are not known when a plan is read.
class ConfiguredNodes final : public NodeDirectory {
 public:
  explicit ConfiguredNodes(const std::vector<NodeEntry>& nodes) : nodes_(nodes) {}

  std::vector<NodeNumber> numbers() const override {
    std::vector<NodeNumber> numbers;
    for (const NodeEntry& node : nodes_)
      numbers.push_back(node.number);
    return numbers;
  }
  std::optional<transport::NodeState> state_of(NodeNumber number) const override {
    const auto found = std::lower_bound(nodes_.begin(), nodes_.end(), number,
                                        [](const NodeEntry& node, NodeNumber value) { return node.number < value; });
    if (found == nodes_.end() || found->number != number) return std::nullopt;
    return transport::NodeState::down;
  }
  std::optional<NodeNumber> named(std::string_view name) const override {
    for (const NodeEntry& node : nodes_) {
      if (node.name == name) return node.number;
    }
    return std::nullopt;
  }

 private:
  const std::vector<NodeEntry>& nodes_;
};

class PlanReader {
 public:
  PlanReader(const std::string& file, const std::vector<NodeEntry>& nodes, Problems& problems)
      : file_(file),
        folder_(folder_of(file)),
        entries_(nodes),
        nodes_(nodes),
        nodes_are_good_(!problems.errors()),
        problems_(problems) {}

  void read(const TomlTable& table, unsigned line) {
    TableReader reader(table, line, file_, "[[step]]", problems_);
    PlanStep step;
    step.line = line;
    step.kind = reader.text("kind");
    if (!reader.require("kind")) return;
    const StepKind* kind = find_step_kind(step.kind);
    if (!kind)
      return reader.error(
          "kind", sys::cat("unknown step kind '", sys::printable(step.kind, 64), "'; there are ", step_kinds()));
    kind->read({reader, folder_, step});
    read_common(reader, *kind, step);
    check_hostname(reader, step);
    check_interface(reader, step, entries_);
    check_other_interfaces(reader, step, steps_);
    check_identity(reader, step);
    check_size(reader, step);
    order_.push_back({step.step.name, read_after(reader)});
    reader.finish();
    lines_.push_back(reader.has("after") ? reader.line_of("after") : reader.line());
    steps_.push_back(std::move(step));
  }

  // In the order in which they can be carried out; as written when that cannot be said, which is a problem then.
  std::vector<PlanStep> take() {
    const auto order = order_steps(order_);
    if (!order) {
      problems_.error(file_, lines_[order.error().place], sys::cat("after: ", order.error().reason));
      return std::move(steps_);
    }
    std::vector<std::uint32_t> index(steps_.size());
    for (std::size_t i = 0; i < order->places.size(); ++i)
      index[order->places[i]] = static_cast<std::uint32_t>(i);
    std::vector<PlanStep> ordered;
    for (const std::size_t place : order->places) {
      PlanStep& step = steps_[place];
      step.step.index = index[place];
      for (const std::size_t before : order->after[place])
        step.step.after.push_back(index[before]);
      ordered.push_back(std::move(step));
    }
    return ordered;
  }

 private:
  static std::optional<std::vector<std::string>> read_after(TableReader& reader) {
    if (!reader.has("after")) return std::nullopt;
    return reader.texts("after");
  }

  void read_common(TableReader& reader, const StepKind& kind, PlanStep& step) {
    using namespace std::chrono_literals;
    // The kind's reader has put the default name there, and the default of retries.
    step.step.name = reader.text("name", step.step.name);
    if (step.step.name.empty() || step.step.name.size() > 200) {
      reader.error("name", reader.has("name") ? "must have 1 to 200 bytes"
                                              : "the default, made of kind and target, has more than 200 bytes: give "
                                                "the step a name of its own");
    }
    const auto first = names_.emplace(step.step.name, reader.line());
    if (!first.second) {
      reader.error("name", sys::cat("a step called '", sys::printable(step.step.name), "' is in line ",
                                    first.first->second, " already; give one of them another name"));
    }
    const auto timeout = reader.duration("timeout", kind.timeout);
    if (timeout < 100ms || timeout > 24h) reader.error("timeout", "must be from 100ms to 24h");
    step.step.timeout_ms =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
    step.step.retries = static_cast<std::uint32_t>(reader.number("retries", 0, 1000, step.step.retries));
    const std::string on_failure = reader.text("on_failure", "error");
    if (on_failure == "continue") step.step.on_failure = transport::OnFailure::go_on;
    if (on_failure != "continue" && on_failure != "error") {
      reader.error("on_failure",
                   sys::cat("is \"", sys::printable(on_failure), "\", must be \"error\" or \"continue\""));
    }
    if (reader.has("nodes")) read_node_set(reader, step);
  }

  void read_node_set(TableReader& reader, PlanStep& step) {
    const auto set = parse_node_set(reader.text("nodes"));
    if (!set) return reader.error("nodes", set.error().text());
    if (!set->states.empty()) return reader.error("nodes", "a plan cannot choose nodes by their state");
    const auto nodes = resolve(*set, nodes_);
    if (nodes) {
      step.nodes = *nodes;
    } else if (nodes_are_good_) {
      reader.error("nodes", nodes.error().text());
    }
  }

  // What it becomes must be a name on each node that has the step.
  void check_hostname(TableReader& reader, const PlanStep& step) {
    const auto* hostname = std::get_if<transport::HostnameStep>(&step.step.action);
    if (!hostname) return;
    for (const NodeEntry& node : entries_) {
      if (step.nodes && !std::binary_search(step.nodes->begin(), step.nodes->end(), node.number)) continue;
      const std::string name = fill_in(hostname->name, node);
      if (is_host_name(name)) continue;
      return reader.error("hostname",
                          sys::cat("\"", sys::printable(name, 64), "\", on ", node.name, ", is no host name"));
    }
  }

  // With facts as long as any node's: marks make room for them. What is found on the front end comes on top, later.
  void check_size(TableReader& reader, const PlanStep& step) {
    if (step.on_front_end) return;
    NodeEntry longest;
    for (const NodeEntry& node : entries_) {
      longest.number = std::max(longest.number, node.number);
      if (node.name.size() > longest.name.size()) longest.name = node.name;
      if (sys::format_ip(node.address).size() > sys::format_ip(longest.address).size()) longest.address = node.address;
    }
    transport::Step filled = step.step;
    fill_in_facts(filled.action, longest);
    if (filled.name.size() > 200) return;  // that has been said
    if (const auto size = size_in_message(filled); !size) reader.error("kind", size.error().text());
  }

  // A server that takes two nodes for one keeps ending the one's open files for the other's.
  void check_identity(TableReader& reader, const PlanStep& step) {
    names_nodes_ = names_nodes_ || std::holds_alternative<transport::HostnameStep>(step.step.action);
    if (names_nodes_ || !is_known_by_host_name(step)) return;
    reader.warn("type", "NFS 4.1 and 4.2 servers know nodes by their host names: put a step of kind hostname before");
  }

  const std::string& file_;
  const std::string folder_;
  const std::vector<NodeEntry>& entries_;
  const ConfiguredNodes nodes_;
  const bool nodes_are_good_;  // or some may be missing that the plan rightly names
  Problems& problems_;
  std::vector<PlanStep> steps_;     // as written, as are
  std::vector<OrderedStep> order_;  // these
  std::vector<unsigned> lines_;     // and these
  std::map<std::string, unsigned> names_;
  bool names_nodes_ = false;  // a step that has been read sets host names
};

}  // namespace

Plan read_plan(sys::Files& files, const std::string& path, const std::vector<NodeEntry>& nodes, Problems& problems) {
  using namespace std::chrono_literals;
  Plan read;
  const auto top = read_toml(files, path, problems);
  if (!top) return read;
  TableReader reader(*top, 1, path, "the plan", problems);
  read.limit = reader.duration("time_limit", read.limit);
  if (read.limit < 1s || read.limit > 24h) reader.error("time_limit", "must be from 1s to 24h");
  PlanReader plan(path, nodes, problems);
  if (const TomlArray* tables = reader.tables("step")) {
    if (tables->size() > max_steps) reader.error("step", sys::cat("a plan has at most ", max_steps, " steps"));
    for (const TomlValue& value : *tables)
      plan.read(std::get<TomlTable>(value.data), value.line);
  } else {
    problems.warn(path, 0, "the plan has no [[step]]: nothing is set up on the nodes");
  }
  reader.finish();
  read.steps = plan.take();
  return read;
}

}  // namespace frontend
