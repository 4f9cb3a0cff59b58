#include "frontend/nodectl/environment.h"

namespace frontend {
namespace {

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

}  // namespace

Environment merge_environment(Environment base, const std::vector<std::string>& additions) {
  for (const std::string& addition : additions) {
    std::erase_if(base, [&](const std::string& old) { return name_of(old) == name_of(addition); });
    base.push_back(addition);
  }
  return base;
}

std::optional<std::string_view> value_of(const Environment& environment, std::string_view name) {
  for (std::string_view variable : environment) {
    if (name_of(variable) == name && variable.size() > name.size()) return variable.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::size_t size_of(const Environment& environment) {
  std::size_t size = 0;
  for (const std::string& variable : environment)
    size += variable.size() + 1;
  return size;
}

}  // namespace frontend
