#include "nodeinit/clean_root.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "sys/text.h"

namespace node {

namespace {

constexpr int max_depth = 32;  // of directories; what lies deeper is left

constexpr std::array<std::string_view, 2> kept = {"/init", "/etc"};
constexpr std::array<std::string_view, 7> kept_directories = {"/dev", "/proc", "/sys",         "/tmp",
                                                              "/run", "/lib",  "/run/nodeinit"};

bool contains(const auto& list, std::string_view path) {
  return std::find(list.begin(), list.end(), path) != list.end();
}

class Cleaner {
 public:
  Cleaner(sys::Files& files, std::uint64_t filesystem) : files_(files), filesystem_(filesystem) {}

  // Whatever can not be read or removed stays: there is always a next boot.
  void empty(const std::string& directory, int depth) {
    const auto names = files_.list(directory);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = sys::cat(directory == "/" ? "" : directory, "/", name);
      if (!contains(kept, path)) remove(path, depth);
    }
  }

  Freed freed() const { return freed_; }

 private:
  void remove(const std::string& path, int depth) {
    const auto facts = files_.facts(path);
    if (!facts || !*facts || (*facts)->filesystem != filesystem_) return;
    const bool is_directory = (*facts)->kind == sys::FileKind::directory;
    if (is_directory && depth < max_depth) empty(path, depth + 1);
    if (contains(kept_directories, path) || !files_.remove(path) || is_directory) return;
    ++freed_.files;
    if ((*facts)->kind == sys::FileKind::regular) freed_.bytes += (*facts)->size;
  }

  sys::Files& files_;
  std::uint64_t filesystem_;
  Freed freed_;
};

}  // namespace

sys::Result<Freed> clean_root(sys::Files& files, sys::Mounts& mounts) {
  const auto kind = mounts.kind("/");
  if (!kind) return tl::unexpected(kind.error());
  if (*kind != sys::FilesystemKind::memory) return sys::refusal("the root file system is not in memory: left as it is");
  const auto root = files.facts("/");
  if (!root) return tl::unexpected(root.error());
  if (!*root) return sys::refusal("there is no root directory");
  Cleaner cleaner(files, (*root)->filesystem);
  cleaner.empty("/", 0);
  return cleaner.freed();
}

}  // namespace node
