#include "frontend/common/program_files.h"

#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "frontend/common/elf.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/library_search.h"
#include "frontend/common/loader_cache.h"
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

Result<std::optional<ElfFacts>> elf_of(sys::FileReader& file) {
  const ReadAt read = [&file](std::uint64_t offset, std::span<std::byte> into) -> sys::Status {
    const auto got = file.read_at(offset, into);
    if (!got) return tl::unexpected(got.error());
    if (*got < into.size()) return sys::refusal("broken ELF file: it ends too early");
    return {};
  };
  return read_elf(read);
}

bool fits(const std::string& path, const ElfFacts& like) {
  auto file = sys::FileReader::open(path);
  if (!file) return false;
  const auto elf = elf_of(*file);
  return elf && *elf && (*elf)->architecture == like.architecture && (*elf)->bits == like.bits;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

LoaderCache host_cache() {
  sys::KernelFiles files;
  const auto content = files.read(loader_cache_path, max_cache);
  return content ? parse_loader_cache(*content) : LoaderCache{};
}

// The word after "#!", nothing when the file is no script.
std::optional<std::string> script_interpreter(sys::FileReader& file) {
  std::array<char, 256> head{};
  const auto got = file.read_at(0, std::as_writable_bytes(std::span(head)));
  if (!got || *got < 3 || head[0] != '#' || head[1] != '!') return std::nullopt;
  std::string_view line(head.data() + 2, *got - 2);
  line = sys::trim(line.substr(0, line.find('\n')));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// Collects the files of one program: what is found is looked into in turn (breadth first, as the loader does).
class Closure {
 public:
  explicit Closure(std::string_view library_path) : search_(host_cache(), library_path, fits) {}

  sys::Status add_program(const std::string& path, int depth) {
    auto file = open_program(path);
    if (!file) return tl::unexpected(file.error());
    const auto elf = elf_of(*file);
    if (!elf) return failure(ENOEXEC, cat(path, ": ", elf.error().what));
    if (*elf) return add_elf_program(path, **elf);
    const auto interpreter = script_interpreter(*file);
    if (!interpreter) return failure(ENOEXEC, cat(path, ": neither an ELF program nor a script with #!"));
    if (!interpreter->starts_with('/')) return failure(ENOEXEC, cat(path, ": its interpreter has no absolute path"));
    if (depth == max_scripts) return failure(ELOOP, cat(path, ": too many scripts that interpret each other"));
    return add_program(*interpreter, depth + 1);
  }

  Result<ProgramFiles> finish(const std::string& program) {
    if (!missing_.empty()) return failure(ENOENT, cat(program, ": libraries not found: ", missing_));
    if (cache_needed_) add_file(loader_cache_path, loader_cache_path);
    return ProgramFiles{program, architecture_, std::move(files_)};
  }

 private:
  // As execve(2) would refuse it.
  Result<sys::FileReader> open_program(const std::string& path) {
    sys::KernelFiles files;
    const auto facts = files.facts(resolved(path));
    if (!facts) return tl::unexpected(facts.error());
    if (!*facts) return failure(ENOENT, path);
    if ((*facts)->kind == sys::FileKind::directory) return failure(EISDIR, path);
    if ((*facts)->kind != sys::FileKind::regular) return failure(EACCES, cat(path, ": not a regular file"));
    if (((*facts)->mode & 0111) == 0) return failure(EACCES, cat(path, ": no execute permission"));
    auto file = sys::FileReader::open(path);
    if (file) files_.push_back({path, path, (*facts)->mode & 0777});
    return file;
  }

  sys::Status add_elf_program(const std::string& path, const ElfFacts& elf) {
    architecture_ = elf.architecture;
    if (!elf.interpreter.empty()) {
      if (!fits(elf.interpreter, elf)) return failure(ENOENT, cat(path, ": its loader ", elf.interpreter));
      seen_.insert(std::string(sys::name_in(elf.interpreter)));
      add_file(elf.interpreter, elf.interpreter);
    }
    add_object({path, resolved(path), elf, nullptr});
    while (next_ < objects_.size()) {
      if (auto status = add_libraries(objects_[next_++]); !status) return status;
    }
    return {};
  }

  sys::Status add_libraries(const LoadedObject& object) {
    for (const std::string& name : object.elf.needed) {
      if (!seen_.insert(name).second) continue;
      if (objects_.size() == max_objects) return failure(ELOOP, cat(object.path, ": too many libraries"));
      const auto located = search_.find(name, object);
      if (located) {
        add_library(*located, object);
      } else {
        missing_ += cat(missing_.empty() ? "" : ", ", name, " (needed by ", object.path, ")");
      }
    }
    return {};
  }

  void add_library(const Located& located, const LoadedObject& loader) {
    auto file = sys::FileReader::open(located.source);
    if (!file) return;
    const auto elf = elf_of(*file);
    if (!elf || !*elf) return;  // it has just been seen to fit
    cache_needed_ = cache_needed_ || located.through_cache;
    add_file(located.path, located.source);
    add_object({located.path, resolved(located.source), **elf, &loader});
  }

  void add_object(LoadedObject object) { objects_.push_back(std::move(object)); }
  void add_file(const std::string& path, const std::string& source) { files_.push_back({path, source, 0755}); }

  LibrarySearch search_;
  std::deque<LoadedObject> objects_;  // addresses stay: they name each other as loaders
  std::size_t next_ = 0;
  std::set<std::string> seen_;  // library names that were asked for
  std::vector<ProgramFile> files_;
  std::string architecture_;
  std::string missing_;
  bool cache_needed_ = false;
};

}  // namespace

Result<ProgramFiles> resolve_program(const std::string& program, std::string_view library_path) {
  Closure closure(library_path);
  if (auto status = closure.add_program(program, 0); !status) return tl::unexpected(status.error());
  return closure.finish(program);
}

}  // namespace frontend
