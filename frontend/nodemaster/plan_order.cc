#include "frontend/nodemaster/plan_order.h"

#include <algorithm>
#include <map>
#include <set>

#include "sys/text.h"

namespace frontend {
namespace {

using Places = std::vector<std::size_t>;

// All before `place` that none of those before it waits for: who waits for these waits for all.
Places ends_before(std::size_t place, const std::vector<Places>& after) {
  std::set<std::size_t> awaited;
  for (std::size_t i = 0; i < place; ++i)
    awaited.insert(after[i].begin(), after[i].end());
  Places ends;
  for (std::size_t i = 0; i < place; ++i)
    if (!awaited.contains(i)) ends.push_back(i);
  return ends;
}

tl::expected<std::vector<Places>, OrderProblem> read_after(const std::vector<OrderedStep>& steps) {
  std::map<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < steps.size(); ++i)
    by_name.emplace(steps[i].name, i);
  std::vector<Places> after(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].after) continue;
    for (const std::string& name : *steps[i].after) {
      const auto found = by_name.find(name);
      if (found == by_name.end())
        return tl::unexpected(OrderProblem{i, sys::cat("there is no step '", sys::printable(name), "'")});
      after[i].push_back(found->second);
    }
  }
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (!steps[i].after) after[i] = ends_before(i, after);
  return after;
}

// Everything left waits for something left: going from one to the next ends in a circle.
OrderProblem circle(const std::vector<OrderedStep>& steps, const std::vector<Places>& after,
                    const std::vector<bool>& over) {
  std::size_t at = static_cast<std::size_t>(std::find(over.begin(), over.end(), false) - over.begin());
  Places way;
  while (std::find(way.begin(), way.end(), at) == way.end()) {
    way.push_back(at);
    at = *std::find_if(after[at].begin(), after[at].end(), [&](std::size_t next) { return !over[next]; });
  }
  way.erase(way.begin(), std::find(way.begin(), way.end(), at));
  std::string text;
  for (const std::size_t place : way)
    text += sys::cat("'", sys::printable(steps[place].name), "' waits for ");
  return {way.front(), sys::cat(text, "'", sys::printable(steps[way.front()].name), "': none of them can begin")};
}

}  // namespace

tl::expected<PlanOrder, OrderProblem> order_steps(const std::vector<OrderedStep>& steps) {
  auto after = read_after(steps);
  if (!after) return tl::unexpected(after.error());
  PlanOrder order{{}, std::move(*after)};
  std::vector<bool> over(steps.size(), false);
  while (order.places.size() < steps.size()) {
    std::size_t next = 0;
    const auto ready = [&](std::size_t place) {
      return !over[place] && std::all_of(order.after[place].begin(), order.after[place].end(),
                                         [&](std::size_t before) { return over[before]; });
    };
    while (next < steps.size() && !ready(next))
      ++next;
    if (next == steps.size()) return tl::unexpected(circle(steps, order.after, over));
    if (order.after[next].size() > max_after)
      return tl::unexpected(OrderProblem{next, sys::cat("waits for more than ", max_after, " steps")});
    over[next] = true;
    order.places.push_back(next);
  }
  return order;
}

}  // namespace frontend
