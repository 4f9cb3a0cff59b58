// Kinds of step that take a few lines to read.
#include "frontend/nodemaster/step_kinds.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {

std::string read_path(TableReader& reader, std::string_view key) {
  std::string path = reader.clean_path(key);
  if (path == "/") reader.error(key, "is the node's root, which no step makes; name a place below it");
  return path;
}

void read_directory(const StepContext& in) {
  transport::DirectoryStep action;
  action.path = read_path(in.reader, "path");
  action.mode = in.reader.mode("mode", action.mode);
  const FileOwner owner = read_owner(in.reader);
  action.uid = owner.uid;
  action.gid = owner.gid;
  in.step.step.name = sys::cat("directory ", action.path);
  in.step.step.action = std::move(action);
}

void read_link(const StepContext& in) {
  transport::LinkStep action;
  action.path = read_path(in.reader, "path");
  in.reader.require("target");
  action.target = in.reader.text("target");
  if (in.reader.has("target") && action.target.empty()) in.reader.error("target", "is empty");
  in.step.step.name = sys::cat("link ", action.path);
  in.step.step.action = std::move(action);
}

void read_hostname(const StepContext& in) {
  transport::HostnameStep action;
  action.name = in.reader.text("hostname", "{name}");
  if (action.name.empty() || action.name.size() > 64) in.reader.error("hostname", "must have 1 to 64 bytes");
  in.step.step.name = "hostname";
  in.step.step.action = std::move(action);
}

void read_run(const StepContext& in) {
  transport::RunStep action;
  read_command(in, action.program, action.arguments);
  const std::string where = in.reader.text("where", "node");
  in.step.on_front_end = where == "front-end";
  if (where != "front-end" && where != "node") {
    in.reader.error("where", sys::cat("is \"", sys::printable(where), "\", must be \"node\" or \"front-end\""));
  }
  if (!in.step.on_front_end) in.step.need = ProgramNeed{};
  in.step.step.name = sys::cat("run ", action.program);
  in.step.step.action = std::move(action);
}

void read_unmount(const StepContext& in) {
  transport::UnmountStep action;
  action.target = in.reader.clean_path("target");
  action.lazy = in.reader.flag("lazy", false);
  if (action.target == "/") in.reader.error("target", "the root cannot be unmounted");
  in.step.step.name = sys::cat("unmount ", action.target);
  in.step.step.action = std::move(action);
}

// "net.core.somaxconn" as sysctl(8) has it, where a slash stands for a dot in a name; or with slashes throughout.
static std::string key_path(std::string key) {
  const auto first = key.find_first_of("./");
  if (first == key.npos || key[first] == '/') return key;
  for (char& c : key)
    c = c == '.' ? '/' : c == '/' ? '.' : c;
  return key;
}

void read_sysctl(const StepContext& in) {
  transport::SysctlStep action;
  in.reader.require("set");
  for (auto& [key, value] : in.reader.text_table("set")) {
    const std::string path = key_path(key);
    if (!sys::is_clean_path("/" + path)) in.reader.error("set", sys::cat("'", sys::printable(key, 64), "' is no key"));
    action.entries.push_back({path, std::move(value)});
  }
  if (in.reader.has("set") && action.entries.empty()) in.reader.error("set", "names no key");
  if (action.entries.size() > 1024) in.reader.error("set", "names more than 1024 keys");
  in.step.step.name = "sysctl";
  if (!action.entries.empty()) in.step.step.name += sys::cat(" ", action.entries.front().key);
  in.step.step.action = std::move(action);
}

}  // namespace frontend
