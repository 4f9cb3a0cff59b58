#include "frontend/nodemaster/hooks.h"

#include "sys/text.h"

namespace frontend {
namespace {

bool is_left_over(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~') || name.find(".dpkg-") != name.npos;
}

// A link counts as what it leads to; one that leads nowhere is no hook.
bool is_executable(const std::optional<sys::FileFacts>& facts) {
  return facts && facts->kind == sys::FileKind::regular && (facts->mode & 0111) != 0;
}

constexpr std::size_t max_script = 1u << 20;  // bytes; what is larger is hardly a script

// Of a script, as execve(2) takes it from the first line; empty for what is none, or names it by a relative path.
std::string interpreter_of(sys::Files& files, const std::string& path) {
  const auto content = files.read(path, max_script);
  if (!content || !content->starts_with("#!")) return {};
  const std::string_view line = sys::trim(std::string_view(*content).substr(2, content->find('\n') - 2));
  const std::string_view program = line.substr(0, line.find_first_of(" \t"));
  return program.starts_with('/') ? std::string(program) : std::string();
}

}  // namespace

sys::Result<Hooks> list_hooks(sys::Files& files, const std::string& directory) {
  Hooks hooks;
  if (directory.empty()) return hooks;
  const auto names = files.list(directory);
  if (!names) return tl::make_unexpected(names.error());
  for (const std::string& name : *names) {
    const std::string path = sys::cat(directory, "/", name);
    const auto facts = files.facts_through(path);
    if (is_left_over(name) || !facts) continue;
    if (is_executable(*facts)) {
      hooks.paths.push_back(path);
    } else if (name.front() >= '0' && name.front() <= '9') {
      hooks.idle.push_back(name);
    }
  }
  return hooks;
}

std::vector<Hooks::Fault> find_faults(sys::Files& files, const Hooks& hooks) {
  std::vector<Hooks::Fault> faults;
  for (const std::string& path : hooks.paths) {
    const std::string program = interpreter_of(files, path);
    if (program.empty()) continue;
    const auto facts = files.facts_through(program);
    if (facts && *facts && is_executable(**facts)) continue;
    faults.push_back(
        {path, sys::cat("cannot be run: its interpreter, ", sys::printable(program), ", is not there or no program")});
  }
  return faults;
}

std::string_view name_of(HookEvent event) {
  constexpr std::string_view names[] = {"node_up", "node_down"};
  return names[static_cast<std::size_t>(event)];
}

}  // namespace frontend
