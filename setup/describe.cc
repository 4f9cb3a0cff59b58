#include "setup/nfs.h"
#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

using sys::cat;

std::string text(const transport::MountStep& step) {
  return cat("mount ", step.source.empty() ? step.type : step.source, " on ", step.target);
}
std::string text(const transport::DirectoryStep& step) { return cat("make directory ", step.path); }
std::string text(const transport::DeviceStep& step) {
  return cat("make ", step.block ? "block" : "character", " device ", step.path, " (", step.major, ":", step.minor,
             ")");
}
std::string text(const transport::FileStep& step) { return cat("copy ", step.content.size, " bytes to ", step.path); }
std::string text(const transport::LinkStep& step) { return cat("link ", step.path, " to ", step.target); }
std::string text(const transport::HostnameStep& step) { return cat("set the hostname to ", step.name); }
std::string text(const transport::RunStep& step) { return cat("run ", step.program); }

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
