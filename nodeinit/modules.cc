#include "nodeinit/modules.h"

#include "nodeinit/records.h"
#include "sys/module_dependencies.h"
#include "sys/text.h"

namespace node {

namespace {

using transport::Outcome;

constexpr std::size_t max_modules_dep = 4u << 20;  // bytes

bool is_there(sys::Files& files, const std::string& name) {
  const auto facts = files.facts(sys::cat("/sys/module/", sys::module_name(name)));
  return facts && facts->has_value();
}

sys::Status load_one(sys::Machine& machine, const std::string& top, const std::string& file) {
  if (!file.ends_with(".ko")) {
    return sys::refusal(sys::cat(file, " is compressed; nodeimage puts modules in uncompressed"));
  }
  return machine.load_module(sys::cat(top, "/", file), "");
}

sys::Result<std::string> load_in_order(sys::Machine& machine, const std::string& top,
                                       const std::vector<std::string>* order) {
  if (order == nullptr) return sys::refusal("not in the image's modules.dep: have nodeimage put it in");
  std::string also;
  for (const std::string& file : *order) {
    if (sys::Status status = load_one(machine, top, file); !status) return tl::unexpected(status.error());
    if (&file == &order->back()) break;
    also += sys::cat(also.empty() ? "with " : ", ", sys::module_name(file));
  }
  return also;
}

}  // namespace

std::vector<ModuleReport> load_modules(sys::Files& files, sys::Machine& machine,
                                       const std::vector<std::string>& names) {
  const std::string top = sys::cat("/lib/modules/", machine.facts().kernel_release);
  sys::Result<sys::ModuleDependencies> dependencies =
      files.read(top + "/modules.dep", max_modules_dep).and_then([](const std::string& text) {
        return sys::ModuleDependencies::parse(text);
      });

  std::vector<ModuleReport> reports;
  for (const std::string& name : names) {
    if (is_there(files, name)) {
      reports.push_back({name, Outcome::skipped, "already there"});
      continue;
    }
    const sys::Result<std::string> loaded = dependencies.and_then(
        [&](const sys::ModuleDependencies& known) { return load_in_order(machine, top, known.load_order(name)); });
    if (loaded) {
      reports.push_back({name, Outcome::done, *loaded});
    } else {
      reports.push_back({name, Outcome::failed, loaded.error().text()});
    }
  }
  return reports;
}

std::string encode_reports(std::span<const ModuleReport> reports) {
  std::string out;
  for (const ModuleReport& report : reports) {
    append_field(out, report.name);
    append_field(out, sys::cat(static_cast<unsigned>(report.outcome)));
    append_field(out, report.reason);
  }
  return out;
}

sys::Result<std::vector<ModuleReport>> decode_reports(std::span<const std::byte> bytes) {
  const auto fields = split_fields(bytes, 3);
  if (!fields) return sys::refusal("the worker's report is cut short");
  std::vector<ModuleReport> reports;
  for (std::size_t at = 0; at < fields->size(); at += 3) {
    const auto outcome = sys::parse_number((*fields)[at + 1], 0, static_cast<unsigned>(Outcome::skipped));
    if (!outcome) return sys::refusal("the worker's report makes no sense");
    reports.push_back({std::string((*fields)[at]), static_cast<Outcome>(*outcome), std::string((*fields)[at + 2])});
  }
  return reports;
}

}  // namespace node
