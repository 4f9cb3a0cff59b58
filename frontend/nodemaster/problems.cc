#include "frontend/nodemaster/problems.h"

#include <algorithm>
#include <map>

#include "sys/text.h"

namespace frontend {

namespace {
constexpr std::size_t longest_text = 2048;  // bytes: two paths and what is wrong with them

std::string text_of(const Problem& problem, std::string_view mark) {
  const std::string place = problem.line == 0 ? problem.file : sys::cat(problem.file, ":", problem.line);
  return sys::printable(sys::cat(place, mark, problem.reason), longest_text);
}

}  // namespace

std::string Problem::text() const { return text_of(*this, ": "); }

std::string Problem::text_with_weight() const {
  return text_of(*this, weight == Weight::warning ? ": warning: " : ": ");
}

void Problems::error(std::string file, unsigned line, std::string reason) {
  problems_.push_back({std::move(file), line, Weight::error, std::move(reason)});
}

void Problems::warn(std::string file, unsigned line, std::string reason) {
  problems_.push_back({std::move(file), line, Weight::warning, std::move(reason)});
}

bool Problems::errors() const {
  return std::any_of(problems_.begin(), problems_.end(), [](const Problem& p) { return p.weight == Weight::error; });
}

std::size_t Problems::warnings() const {
  return static_cast<std::size_t>(
      std::count_if(problems_.begin(), problems_.end(), [](const Problem& p) { return p.weight == Weight::warning; }));
}

std::vector<Problem> Problems::sorted() const {
  std::map<std::string, std::size_t> order;
  for (const Problem& problem : problems_)
    order.emplace(problem.file, order.size());
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Problem& a, const Problem& b) {
    return std::pair(order[a.file], a.line) < std::pair(order[b.file], b.line);
  });
  return sorted;
}

}  // namespace frontend
