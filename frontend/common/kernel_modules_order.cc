// ModuleFolder::load_order().
#include <algorithm>
#include <utility>

#include "frontend/common/kernel_modules.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using sys::module_name;
using sys::refusal;
using sys::Result;

constexpr std::size_t max_files = 1024;    // to be loaded, and asked for
constexpr std::size_t max_steps = 100000;  // soft dependencies that are looked at
constexpr std::size_t max_options = 1024;  // bytes
constexpr std::size_t max_name = 128;      // bytes

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

sys::Status check(const ModuleRequest& request) {
  if (request.name.empty() || request.name.size() > max_name || !is_printable(request.name))
    return refusal(cat("'", sys::printable(request.name), "' is no name of a kernel module"));
  if (request.options.size() > max_options || !is_printable(request.options))
    return refusal(cat("kernel module ", request.name, ": its options are longer than ", max_options,
                       " bytes, or have a character in them that is not printable ASCII"));
  return {};
}

}  // namespace

// From the modules that are asked for to all that are loaded for them. Its work is bounded: every module is gone into
// once, and what the soft dependencies name is counted.
class ModuleFolder::Walk {
 public:
  explicit Walk(const ModuleFolder& folder) : folder_(folder) {}

  sys::Status ask(const ModuleRequest& request) {
    if (auto status = check(request); !status) return status;
    const Found found = folder_.find(request.name);
    if (found.modules.empty() && found.built_in) return ask_built_in(request);
    if (found.modules.empty()) return no_such_module(request.name);
    if (found.modules.size() > 1 && !request.options.empty())
      return refusal(cat("kernel module ", request.name, ": stands for ", found.modules.size(),
                         " modules; name the one that the options are for"));
    for (const std::string& module : found.modules) {
      if (auto status = set_options(module, request.options); !status) return status;
      if (auto status = add(module, false); !status) return status;
    }
    return {};
  }

  Result<ModuleOrder> finish() {
    for (const std::string& module : order_) {
      auto file = folder_.file_of(module);
      if (!file) return tl::unexpected(file.error());
      file->optional = optional_.at(module);
      if (const auto options = options_.find(module); options != options_.end()) file->options = options->second;
      result_.files.push_back(std::move(*file));
    }
    return std::move(result_);
  }

 private:
  sys::Status ask_built_in(const ModuleRequest& request) {
    if (!request.options.empty())
      return refusal(cat("kernel module ", request.name, ": is part of the kernel of ", folder_.directory_,
                         "; its options go to the kernel's command line, as ", module_name(request.name), ".OPTION"));
    const std::string module = module_name(request.name);
    auto& known = result_.built_in;
    if (std::find(known.begin(), known.end(), module) == known.end()) known.push_back(module);
    return {};
  }

  sys::Status no_such_module(const std::string& name) const {
    return refusal(cat("there is no kernel module '", name, "' in ", folder_.directory_, "; modules.dep there names ",
                       folder_.dependencies_.size(), " others"));
  }

  sys::Status set_options(const std::string& module, const std::string& options) {
    const auto [known, is_new] = options_.emplace(module, options);
    if (is_new || known->second == options) return {};
    return refusal(cat("kernel module ", module, ": is asked for with the options '", known->second, "' and with '",
                       options, "'; it is loaded once"));
  }

  sys::Status add(const std::string& module, bool optional) {
    const auto* needed = folder_.dependencies_.load_order(module);
    if (needed == nullptr)
      return refusal(cat(folder_.directory_, "/modules.dep: ", module, " is needed and has no line: run depmod"));
    const auto [seen, is_new] = optional_.emplace(module, optional);
    if (!is_new) {
      if (optional || !seen->second) return {};
      seen->second = false;
      return add_needed(*needed, false);
    }
    if (optional_.size() > max_files) return refusal(cat("kernel modules: more than ", max_files, " to be loaded"));
    return add_all_of(module, *needed, optional);
  }

  sys::Status add_all_of(const std::string& module, const std::vector<std::string>& needed, bool optional) {
    static const Soft none;
    const auto known = folder_.soft_.find(module);
    const Soft& soft = known == folder_.soft_.end() ? none : known->second;
    if (auto status = add_needed(needed, optional); !status) return status;
    if (auto status = add_soft(soft.before); !status) return status;
    order_.push_back(module);
    return add_soft(soft.after);
  }

  sys::Status add_needed(const std::vector<std::string>& files, bool optional) {
    for (const std::string& file : std::span(files).first(files.size() - 1)) {
      if (auto status = add(module_name(file), optional); !status) return status;
    }
    return {};
  }

  sys::Status add_soft(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (++steps_ > max_steps) return refusal("modules.softdep: too many soft dependencies");
      for (const std::string& module : folder_.find(name).modules) {
        if (auto status = add(module, true); !status) return status;
      }
    }
    return {};
  }

  const ModuleFolder& folder_;
  std::map<std::string, bool> optional_;  // the modules that were gone into
  std::map<std::string, std::string> options_;
  std::vector<std::string> order_;
  std::size_t steps_ = 0;
  ModuleOrder result_;
};

Result<ModuleOrder> ModuleFolder::load_order(std::span<const ModuleRequest> requests) const {
  if (requests.size() > max_files) return refusal(cat("kernel modules: more than ", max_files, " are asked for"));
  Walk walk(*this);
  for (const ModuleRequest& request : requests) {
    if (auto status = walk.ask(request); !status) return tl::unexpected(status.error());
  }
  return walk.finish();
}

}  // namespace frontend
