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

std::string_view name_of(HookEvent event) {
  constexpr std::string_view names[] = {"node_up", "node_down"};
  return names[static_cast<std::size_t>(event)];
}

}  // namespace frontend
