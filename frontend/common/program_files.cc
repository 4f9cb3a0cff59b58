#include "frontend/common/program_files.h"

#include <array>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "frontend/common/elf.h"
#include "frontend/common/library_search.h"
#include "frontend/common/loader_cache.h"
#include "frontend/common/script.h"
#include "sys/environment.h"
#include "sys/file_reader.h"
#include "sys/files.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_objects = 512;      // of one program
constexpr std::size_t max_cache = 16u << 20;  // bytes of the loader's cache
constexpr int max_scripts = 4;                // interpreters that are scripts themselves, as in the kernel

using sys::cat;
using sys::failure;
using sys::Result;

Result<std::optional<ElfFacts>> elf_of(const sys::FileReader& file) {
  return read_elf([&file](std::uint64_t offset, std::span<std::byte> into) { return file.read_at(offset, into); });
}

std::optional<ElfFacts> elf_at(const std::string& path) {
  const auto file = sys::FileReader::open(path);
  if (!file) return std::nullopt;
  auto elf = elf_of(*file);
  return elf ? std::move(*elf) : std::nullopt;
}

bool fits(const std::string& path, const ElfFacts& like) {
  const auto elf = elf_at(path);
  return elf && elf->architecture == like.architecture && elf->bits == like.bits;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

LoaderCache host_cache() {
  sys::KernelFiles files(sys::LinkTrust::all);
  const auto content = files.read(loader_cache_path, max_cache);
  return content ? parse_loader_cache(*content) : LoaderCache{};
}

// The file at `path` and its mode, or why execve(2) would refuse it.
Result<std::uint32_t> executable_mode(const std::string& path) {
  sys::KernelFiles files(sys::LinkTrust::all);
  const auto facts = files.facts(resolved(path));
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return failure(ENOENT, path);
  if ((*facts)->kind == sys::FileKind::directory) return failure(EISDIR, path);
  if ((*facts)->kind != sys::FileKind::regular) return failure(EACCES, cat(path, ": not a regular file"));
  if (!sys::may_execute(path)) return failure(EACCES, path);
  return (*facts)->mode & 0777;
}

// musl's loader is its C library as well, whatever that is called by those who ask for it.
bool is_in_loader(std::string_view name, std::string_view interpreter) {
  return name == sys::name_in(interpreter) ||
         (sys::name_in(interpreter).starts_with("ld-musl-") && name.starts_with("libc."));
}

// Collects the files of a program, and of those that interpret it.
class Collector {
 public:
  explicit Collector(const SearchPaths& paths) : paths_(paths), search_(host_cache(), paths.library_path, fits) {}

  sys::Status add_program(const std::string& path, int depth = 0) {
    const auto mode = executable_mode(path);
    if (!mode) return tl::unexpected(mode.error());
    const auto file = sys::FileReader::open(path);
    if (!file) return tl::unexpected(file.error());
    add_file(path, path, *mode);
    const auto elf = elf_of(*file);
    if (!elf) return failure(ENOEXEC, cat(path, ": ", elf.error().what));
    if (*elf) return add_elf_program(path, **elf);
    if (depth == max_scripts) return failure(ELOOP, cat(path, ": too many scripts that interpret each other"));
    return add_interpreter(path, *file, depth + 1);
  }

  Result<ProgramFiles> finish(const std::string& program) {
    if (!missing_.empty()) return failure(ENOENT, cat(program, ": libraries not found: ", missing_));
    if (cache_needed_) add_file(loader_cache_path, loader_cache_path);
    return ProgramFiles{program, architecture_, std::move(files_)};
  }

 private:
  sys::Status add_interpreter(const std::string& script, const sys::FileReader& file, int depth) {
    const auto line = read_script_line(file);
    if (!line) return failure(ENOEXEC, cat(script, ": neither an ELF program nor a script that begins with #!"));
    if (!sys::is_clean_path(line->interpreter)) {
      return failure(ENOEXEC, cat(script, ": '", line->interpreter, "' is no absolute path of an interpreter"));
    }
    auto added = add_program(line->interpreter, depth);
    if (added && !line->looked_up.empty()) {
      added = find_program(line->looked_up, "/", paths_.search_path).and_then([&](const std::string& path) {
        return add_program(path, depth);
      });
    }
    if (!added) return sys::within(cat(script, ": interpreter"), added.error());
    return {};
  }

  sys::Status add_elf_program(const std::string& path, const ElfFacts& elf) {
    architecture_ = elf.architecture;
    if (!elf.interpreter.empty()) {
      if (!fits(elf.interpreter, elf)) {
        return failure(ENOENT, cat(path, ": a program for ", elf.architecture, "; its loader ", elf.interpreter));
      }
      add_file(elf.interpreter, elf.interpreter);
    }
    return add_libraries({path, resolved(path), elf, nullptr}, elf.interpreter);
  }

  // Breadth first, as the loader does: a library is loaded once, for the first who asks for it.
  sys::Status add_libraries(LoadedObject program, const std::string& interpreter) {
    std::deque<LoadedObject> objects;  // their addresses stay: they name each other as loaders
    std::set<std::string> seen;
    objects.push_back(std::move(program));
    for (std::size_t next = 0; next < objects.size(); ++next) {
      const LoadedObject& asking = objects[next];
      for (const std::string& name : asking.elf.needed) {
        if (!seen.insert(name).second || is_in_loader(name, interpreter)) continue;
        if (objects.size() == max_objects) return failure(ELOOP, cat(asking.path, ": too many libraries"));
        if (auto library = add_library(name, asking)) objects.push_back(std::move(*library));
      }
    }
    return {};
  }

  std::optional<LoadedObject> add_library(const std::string& name, const LoadedObject& asking) {
    const auto located = search_.find(name, asking);
    auto elf = located ? elf_at(located->source) : std::nullopt;
    if (!elf) {
      missing_ += cat(missing_.empty() ? "" : ", ", name, " (needed by ", asking.path, ")");
      return std::nullopt;
    }
    cache_needed_ = cache_needed_ || located->through_cache;
    add_file(located->path, located->source);
    return LoadedObject{located->path, located->source, std::move(*elf), &asking};
  }

  void add_file(const std::string& path, const std::string& source, std::uint32_t mode = 0755) {
    if (paths_seen_.insert(path).second) files_.push_back({path, source, mode});
  }

  SearchPaths paths_;
  LibrarySearch search_;
  std::set<std::string> paths_seen_;
  std::vector<ProgramFile> files_;
  std::string architecture_;
  std::string missing_;
  bool cache_needed_ = false;
};

}  // namespace

Result<ProgramFiles> resolve_program(const std::string& program, const SearchPaths& paths) {
  Collector collector(paths);
  if (auto status = collector.add_program(program); !status) return tl::unexpected(status.error());
  return collector.finish(program);
}

}  // namespace frontend
