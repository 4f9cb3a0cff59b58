#include "frontend/nodemaster/plan_order.h"

#include <doctest/doctest.h>

namespace {

using frontend::order_steps;
using frontend::OrderedStep;
using After = std::vector<std::string>;
using Places = std::vector<std::size_t>;

std::string problem_of(const std::vector<OrderedStep>& steps) {
  const auto order = order_steps(steps);
  REQUIRE_FALSE(order);
  return order.error().reason;
}

TEST_CASE("steps that say nothing are carried out as they are written") {
  const auto order = order_steps({{"a", {}}, {"b", {}}, {"c", {}}});
  REQUIRE(order);
  CHECK(order->places == Places{0, 1, 2});
  CHECK(order->after == std::vector<Places>{{}, {0}, {1}});
}

TEST_CASE("a step waits for those that it names and no other, one that names none for all before it") {
  const auto order =
      order_steps({{"a", {}}, {"b", After{"a"}}, {"c", After{"a"}}, {"d", After{}}, {"e", {}}, {"f", {}}});
  REQUIRE(order);
  CHECK(order->places == Places{0, 1, 2, 3, 4, 5});
  CHECK(order->after == std::vector<Places>{{}, {0}, {0}, {}, {1, 2, 3}, {4}});
}

TEST_CASE("a step may wait for one that is written later") {
  const auto order = order_steps({{"a", After{"b"}}, {"b", After{}}, {"c", {}}});
  REQUIRE(order);
  CHECK(order->places == Places{1, 0, 2});
  CHECK(order->after[2] == Places{0});
}

TEST_CASE("steps that wait for each other are named in their circle") {
  CHECK(problem_of({{"a", After{"a"}}}) == "'a' waits for 'a': none of them can begin");
  CHECK(problem_of({{"x", {}}, {"a", After{"c"}}, {"b", After{"a"}}, {"c", After{"b"}}}) ==
        "'a' waits for 'c' waits for 'b' waits for 'a': none of them can begin");
  // b is written after a and says nothing.
  CHECK(problem_of({{"a", After{"b"}}, {"b", {}}}) == "'a' waits for 'b' waits for 'a': none of them can begin");
}

TEST_CASE("a name that no step has is told, and the step that has it") {
  const auto order = order_steps({{"a", {}}, {"b", After{"home"}}});
  REQUIRE_FALSE(order);
  CHECK(order.error().place == 1);
  CHECK(order.error().reason == "there is no step 'home'");
}

TEST_CASE("no plan takes long to order, and a step waits for a bounded number") {
  std::vector<OrderedStep> steps;
  for (int i = 0; i < 999; ++i)
    steps.push_back({std::to_string(i), After{}});
  CHECK(order_steps(steps));
  steps.push_back({"last", {}});
  CHECK(problem_of(steps) == "waits for more than 256 steps");
}

}  // namespace
