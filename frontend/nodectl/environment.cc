#include "frontend/nodectl/environment.h"

#include <algorithm>

#include "sys/environment.h"

namespace frontend {
namespace {

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

}  // namespace

Environment merge_environment(Environment base, const std::vector<std::string>& additions) {
  for (const std::string& addition : additions) {
    const auto same = [&](const std::string& old) { return name_of(old) == name_of(addition); };
    base.erase(std::remove_if(base.begin(), base.end(), same), base.end());
    base.push_back(addition);
  }
  return base;
}

Environment caller_environment(const std::vector<std::string>& additions) {
  return merge_environment(sys::environment(), additions);
}

std::string_view value_of(const Environment& environment, std::string_view name) {
  for (std::string_view variable : environment) {
    if (variable.size() > name.size() && variable[name.size()] == '=' && variable.starts_with(name)) {
      return variable.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace frontend
