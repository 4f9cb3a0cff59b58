#include "frontend/common/remembered_contents.h"

#include <string_view>
#include <utility>

#include "content/hash.h"
#include "sys/accounts.h"
#include "sys/environment.h"
#include "sys/file_reader.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr char root_file[] = "/var/cache/nodeinit/known-files";
constexpr std::string_view user_file = "/nodeinit/known-files";

bool same(const sys::FileFacts& a, const sys::FileFacts& b) {
  return a.filesystem == b.filesystem && a.inode == b.inode && a.changed_ns == b.changed_ns && a.size == b.size;
}

// The value of NAME=; empty when it is no path.
std::string path_in(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& variable : environment) {
    if (!variable.starts_with(sys::cat(name, "="))) continue;
    std::string path = variable.substr(name.size() + 1);
    if (sys::is_clean_path(path) && path != "/") return path;
  }
  return "";
}

}  // namespace

RememberedContents::RememberedContents(sys::Files& files, sys::Clock& clock, std::string path)
    : known_(files, clock, std::move(path), {sys::own_user(), sys::own_group(), 0600}) {}

sys::Result<transport::Content> RememberedContents::of(const std::string& path) {
  const auto file = sys::FileReader::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto before = file->facts();
  if (!before) return tl::unexpected(before.error());
  if (const auto* hash = known_.find(*before)) return transport::Content{.hash = *hash, .size = before->size};
  auto content = content::hash_file(path);
  if (!content) return content;
  // Whatever has that name by now: what was read is known to be that of the open file only when nothing has changed.
  const auto after = file->facts();
  const auto named = sys::FileReader::open(path).and_then([](const sys::FileReader& there) { return there.facts(); });
  if (after && named && same(*before, *after) && same(*after, *named)) known_.note(*after, content->hash);
  return content;
}

void RememberedContents::save() {
  if (known_.size() > most) known_.forget_others();
  (void)known_.save();
}

std::string remembered_contents_path() {
  if (sys::own_user() == 0) return root_file;
  const auto environment = sys::environment();
  if (const auto cache = path_in(environment, "XDG_CACHE_HOME"); !cache.empty()) return sys::cat(cache, user_file);
  const auto home = path_in(environment, "HOME");
  return home.empty() ? "" : sys::cat(home, "/.cache", user_file);
}

}  // namespace frontend
