#include "frontend/common/node_set.h"

#include <doctest/doctest.h>

#include <map>
#include <numeric>

namespace {

using frontend::NodeSet;
using transport::NodeNumber;
using transport::NodeState;
using Numbers = std::vector<NodeNumber>;

// Nodes 0-3 are up, 7 is down; node 3 is called "io".
class FewNodes final : public frontend::NodeDirectory {
 public:
  Numbers numbers() const override { return {0, 1, 2, 3, 7}; }
  std::optional<NodeState> state_of(NodeNumber node) const override {
    if (node == 7) return NodeState::down;
    return node < 4 ? std::optional(NodeState::up) : std::nullopt;
  }
  std::optional<NodeNumber> named(std::string_view name) const override {
    return name == "io" ? std::optional<NodeNumber>(3) : std::nullopt;
  }
};

// The nodes, or what is wrong.
struct Answer {
  Numbers nodes;
  std::string problem;
};

Answer ask(std::string_view text) {
  const auto set = frontend::parse_node_set(text);
  if (!set) return {{}, set.error().text()};
  const auto nodes = frontend::resolve(*set, FewNodes());
  if (!nodes) return {{}, nodes.error().text()};
  return {*nodes, ""};
}

TEST_CASE("node sets name nodes by number, name, habit and state") {
  const std::map<std::string, Numbers> good = {{"0-3,7", {0, 1, 2, 3, 7}},
                                               {"7,0", {0, 7}},
                                               {"1-2,2,n2", {1, 2}},
                                               {"all", {0, 1, 2, 3, 7}},
                                               {"up", {0, 1, 2, 3}},
                                               {"down", {7}},
                                               {"error", {}},
                                               {"io", {3}},
                                               {"n7", {7}},
                                               {" 1 , down", {1, 7}}};
  for (const auto& [text, nodes] : good) {
    CAPTURE(text);
    const Answer answer = ask(text);
    CHECK(answer.problem == "");
    CHECK(answer.nodes == nodes);
  }
}

TEST_CASE("node sets that name nothing are refused with what is wrong") {
  const std::map<std::string, std::string> bad = {{"", "empty item"},
                                                  {"1,,2", "empty item"},
                                                  {"3-1", "bad item '3-1'"},
                                                  {"1-", "bad item '1-'"},
                                                  {"-1", "no node -1"},
                                                  {"0-99", "no node 4"},
                                                  {"n9", "no node n9"},
                                                  {"nobody", "no node nobody"},
                                                  {"99999", "bad item"},
                                                  {"a b", "bad item 'a b'"},
                                                  {"\x1b[2J", "bad item '\\x1b[2J'"}};
  for (const auto& [text, problem] : bad) {
    CAPTURE(text);
    const Answer answer = ask(text);
    CHECK(answer.problem.find(problem) != std::string::npos);
  }
  CHECK(ask(std::string(20000, '1')).problem.find("too long") != std::string::npos);
}

// As large a cluster as there may be, which counts how often it is asked for a node.
class ManyNodes final : public frontend::NodeDirectory {
 public:
  static constexpr NodeNumber count = 4096;
  mutable std::size_t visits = 0;

  Numbers numbers() const override {
    Numbers numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  }
  std::optional<NodeState> state_of(NodeNumber node) const override {
    ++visits;
    return node < count ? std::optional(NodeState::up) : std::nullopt;
  }
  std::optional<NodeNumber> named(std::string_view) const override { return std::nullopt; }
};

// Of `item` again and again, as long as a set may be, and then `last`.
std::string repeated(const std::string& item, const std::string& last) {
  std::string text;
  while (text.size() + item.size() + last.size() + 1 <= 16u << 10)
    text += item + ",";
  return text + last;
}

TEST_CASE("a set that repeats its ranges and states costs what it costs once") {
  struct {
    std::string text;
    std::size_t nodes, most_visits;
  } const sets[] = {{repeated("0-4095", "0-4095"), 4096, 4096},
                    {repeated("0-4095,1-4094", "0"), 4096, 4096},
                    {repeated("0-4095", "zz"), 0, 4096},
                    {repeated("up", "down"), 4096, 4096},
                    {repeated("all", "0-4095"), 4096, 2 * 4096}};
  for (const auto& [text, nodes, most_visits] : sets) {
    CAPTURE(text.substr(0, 20));
    const auto set = frontend::parse_node_set(text);
    REQUIRE(set);
    const ManyNodes cluster;
    const auto found = frontend::resolve(*set, cluster);
    CHECK((found ? found->size() : 0) == nodes);
    CHECK(cluster.visits <= most_visits);
    CHECK(set->states.size() <= 2);
  }
}

TEST_CASE("ranges that overlap, touch or hold each other are one") {
  CHECK(ask("2-3,0-1").nodes == Numbers{0, 1, 2, 3});
  CHECK(ask("0-3,1-2").nodes == Numbers{0, 1, 2, 3});
  CHECK(ask("1-2,0-1,7").nodes == Numbers{0, 1, 2, 7});
  CHECK(ask("7,2-8").problem.find("no node 4") != std::string::npos);
}

TEST_CASE("numbers are written as a set again") {
  CHECK(frontend::format_node_set({}) == "");
  CHECK(frontend::format_node_set({5}) == "5");
  CHECK(frontend::format_node_set({0, 1, 2, 3, 7}) == "0-3,7");
  CHECK(frontend::format_node_set({0, 2, 4, 5}) == "0,2,4-5");
}

}  // namespace
