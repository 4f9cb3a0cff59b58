// In which order steps can be carried out. A step without `after` waits for all that are written before it; one with
// `after` only for those that it names, wherever they are written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

struct OrderedStep {
  std::string name;
  std::optional<std::vector<std::string>> after;  // names; nothing: the key is not there
};

struct PlanOrder {
  // Places in the file, in an order in which they can be carried out: as written, as far as that goes.
  std::vector<std::size_t> places;
  // Of each step, by place in the file: those that it has to wait for, without those that these wait for already.
  std::vector<std::vector<std::size_t>> after;
};

constexpr std::size_t max_after = 256;  // steps that one may wait for

// What cannot be ordered, and the step that it is about.
struct OrderProblem {
  std::size_t place = 0;
  std::string reason;
};
// A name that no step has, or steps that wait for each other (named, in their circle).
tl::expected<PlanOrder, OrderProblem> order_steps(const std::vector<OrderedStep>& steps);

}  // namespace frontend
