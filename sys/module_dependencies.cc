#include "sys/module_dependencies.h"

#include <algorithm>
#include <array>

#include "sys/path.h"
#include "sys/text.h"

namespace sys {

namespace {

constexpr std::size_t max_path = 512;    // bytes
constexpr std::size_t max_needed = 256;  // modules that one may need
constexpr std::size_t max_modules = 20000;

bool is_module_path(std::string_view path) {
  static constexpr std::array<std::string_view, 4> endings = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
  const bool ends = std::any_of(endings.begin(), endings.end(), [&](auto ending) { return path.ends_with(ending); });
  return ends && path.size() <= max_path && is_clean_path(path.starts_with('/') ? std::string(path) : cat("/", path));
}

// The files named in a line, ready to be loaded; empty when the line is wrong.
std::vector<std::string> files_of(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::vector<std::string> files = {std::string(line.substr(0, colon))};
  for (std::string_view needed : split(line.substr(colon + 1), ' ')) {
    if (!needed.empty()) files.emplace_back(needed);
  }
  if (files.size() > max_needed || !std::all_of(files.begin(), files.end(), is_module_path)) return {};
  std::reverse(files.begin(), files.end());
  return files;
}

}  // namespace

std::string module_name(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  std::string name(path.substr(0, path.find(".ko")));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Result<ModuleDependencies> ModuleDependencies::parse(std::string_view modules_dep) {
  ModuleDependencies parsed;
  std::size_t number = 0;
  for (std::string_view line : split(modules_dep, '\n')) {
    ++number;
    if (line.empty()) continue;
    std::vector<std::string> files = files_of(line);
    if (files.empty() || parsed.order_.size() == max_modules) {
      return refusal(cat("modules.dep:", number, ": not a line of depmod's: \"", printable(line, 80), "\""));
    }
    std::string name = module_name(files.back());
    parsed.order_.insert_or_assign(std::move(name), std::move(files));
  }
  return parsed;
}

const std::vector<std::string>* ModuleDependencies::load_order(std::string_view name) const {
  const auto found = order_.find(module_name(name));
  return found == order_.end() ? nullptr : &found->second;
}

}  // namespace sys
