#include "tests/fakes/faults.h"

#include <algorithm>
#include <utility>

namespace fakes {

std::optional<int> Faults::next(std::string call) {
  calls.push_back(std::move(call));
  if (++made == fail_at) return code;
  return std::nullopt;
}

sys::Status Faults::check(std::string call) {
  const auto failed = next(call);
  if (failed) return sys::failure(*failed, std::move(call));
  return {};
}

int Faults::count(std::string_view prefix) const {
  return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const std::string& call) {
    return std::string_view(call).substr(0, prefix.size()) == prefix;
  }));
}

}  // namespace fakes
