#include "setup/nfs.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

using sys::cat;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return cat(count, " ", count == 1 ? one : many);
}

// Names what a step is about: all of it when that is one thing, else the first and how many more.
template <class Entry, class Name> std::string first_of(const std::vector<Entry>& entries, Name name) {
  if (entries.empty()) return "nothing";
  const std::string first = name(entries.front());
  return entries.size() == 1 ? first : cat(first, " and ", entries.size() - 1, " more");
}

std::string text(const transport::MountStep& step) {
  return cat("mount ", step.source.empty() ? step.type : step.source, " on ", step.target);
}
std::string text(const transport::UnmountStep& step) { return cat("unmount ", step.target); }
std::string text(const transport::DirectoryStep& step) { return cat("make directory ", step.path); }
std::string text(const transport::DeviceStep& step) {
  return cat("make device ", first_of(step.devices, [](const transport::DeviceEntry& device) {
               return cat(device.path, " (", device.block ? "block " : "", device.major, ":", device.minor, ")");
             }));
}
std::string text(const transport::FileStep& step) {
  std::uint64_t bytes = 0;
  for (const transport::TreeEntry& entry : step.entries) {
    if (const auto* content = std::get_if<transport::Content>(&entry.what)) bytes += content->size;
    if (const auto* inside = std::get_if<transport::TextContent>(&entry.what)) bytes += inside->text.size();
  }
  if (step.entries.size() == 1) return cat("copy ", bytes, " bytes to ", step.entries.front().path);
  return cat("copy ", bytes, " bytes in ", counted(step.entries.size(), "entry", "entries"), ", ",
             first_of(step.entries, [](const transport::TreeEntry& entry) { return entry.path; }));
}
std::string text(const transport::LinkStep& step) { return cat("link ", step.path, " to ", step.target); }
std::string text(const transport::ModuleStep& step) {
  return cat("load ", counted(step.modules.size(), "module", "modules"), ": ",
             step.modules.empty() ? "none" : step.modules.back().name);
}
std::string text(const transport::SysctlStep& step) {
  return cat("set ", first_of(step.entries,
                              [](const transport::SysctlEntry& entry) { return cat(entry.key, " to ", entry.value); }));
}
std::string text(const transport::HostnameStep& step) { return cat("set the hostname to ", step.name); }
std::string text(const transport::InterfaceStep& step) {
  return cat("set up interface ", step.name.empty() ? sys::format_mac(step.mac) : step.name);
}
std::string text(const transport::LimitsStep& step) {
  return cat("set ", counted(step.limits.size(), "limit", "limits"));
}
std::string text(const transport::TimeStep&) { return "set the clock"; }
std::string text(const transport::RunStep& step) { return cat("run ", step.program); }
std::string text(const transport::ServiceStep& step) { return cat("keep ", step.program, " running"); }

}  // namespace

std::string describe(const transport::Step& step) {
  return sys::printable(std::visit([](const auto& action) { return text(action); }, step.action));
}

std::string waits_for(const transport::Step& step) {
  const auto* mount = std::get_if<transport::MountStep>(&step.action);
  const auto server = mount ? nfs_server(*mount) : std::nullopt;
  return server ? sys::printable(sys::cat("NFS server ", server->name)) : std::string();
}

}  // namespace setup
