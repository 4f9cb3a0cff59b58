#include "frontend/common/node_libraries.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "frontend/common/elf_file.h"
#include "frontend/common/glob.h"
#include "frontend/common/lexical_path.h"
#include "frontend/common/library_closure.h"
#include "sys/file_reader.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using sys::Status;

constexpr char own_program[] = "/proc/self/exe";

// A library by its path: nothing when it is no ELF file.
sys::Result<std::optional<ElfFacts>> elf_facts(const std::string& path) {
  const auto file = sys::FileReader::open(path);
  if (!file) return tl::unexpected(file.error());
  auto elf = elf_of(*file);
  if (!elf) return sys::within(path, elf.error());
  return std::move(*elf);
}

class Gatherer {
 public:
  explicit Gatherer(const SearchPaths& paths)
      : paths_(paths), cache_(host_loader_cache()), search_(cache_, paths.library_path, fits) {}

  Status add_program(const std::string& name) {
    if (name.find('/') != name.npos && !sys::is_clean_path(name))
      return sys::refusal(cat("program '", sys::printable(name), "': the path ", sys::path_fault(name)));
    const auto path = find_program(name, "/", paths_.search_path);
    if (!path) return tl::unexpected(path.error());
    const auto program = resolve_program(*path, paths_);
    if (!program) return tl::unexpected(program.error());
    for (const ProgramFile& file : program->files) {
      if (file.part == ProgramPart::program) add_machine(file.source);
      if (file.part == ProgramPart::loader_cache) continue;  // the node gets one of its own
      if (auto status = places_.add(file); !status) return status;
      if (file.part == ProgramPart::library) loaded_.insert({file.path, file.source});
    }
    return {};
  }

  Status add_library(const std::string& text) {
    if (has_wildcards(text)) return add_pattern(text);
    if (text.find('/') == text.npos) return add_name(text);
    if (const auto fault = sys::path_fault(text); !fault.empty())
      return sys::refusal(cat("library '", sys::printable(text), "': the path ", fault));
    const auto added = add_path(text);
    if (!added) return tl::unexpected(added.error());
    return *added ? Status{} : sys::refusal(cat(text, ": not a library (no ELF header)"));
  }

  sys::Result<NodeLibraries> finish() {
    if (!missing_.empty()) return sys::failure(ENOENT, text_of(missing_));
    if (!closure_.missing().empty()) return sys::failure(ENOENT, text_of(closure_.missing()));
    if (auto status = place_closure(); !status) return tl::unexpected(status.error());
    return NodeLibraries{places_.files(), places_.links(), cached()};
  }

 private:
  // Whether it is a library.
  sys::Result<bool> add_path(const std::string& path) {
    auto elf = elf_facts(path);
    if (!elf) return tl::unexpected(elf.error());
    if (!*elf) return false;
    return add_root({path, path}, std::move(**elf)).map([] { return true; });
  }

  Status add_pattern(const std::string& pattern) {
    const auto paths = expand_glob(pattern, max_node_libraries);
    if (!paths) return tl::unexpected(paths.error());
    bool any = false;
    for (const std::string& path : *paths) {
      std::error_code error;
      if (std::filesystem::is_directory(path, error)) continue;
      const auto added = add_path(path);
      if (!added) return sys::within(pattern, added.error());
      any = any || *added;
    }
    return any ? Status{} : sys::failure(ENOENT, cat("no library matches ", pattern));
  }

  Status add_name(const std::string& name) {
    if (machines_.empty()) add_machine(own_program);
    for (const ElfFacts& machine : machines_) {
      const LoadedObject asking{"", "", machine, nullptr};
      const auto located = search_.find(name, asking);
      auto elf = located ? elf_at(located->source) : std::nullopt;
      if (!elf) {
        missing_.push_back({name, "", search_.places(name, asking)});
      } else if (auto status = add_root(*located, std::move(*elf)); !status) {
        return status;
      }
    }
    return {};
  }

  Status add_root(const Located& located, ElfFacts elf) {
    roots_.push_back(located);
    if (!elf.interpreter.empty()) loaders_.insert(elf.interpreter);
    std::string loader = elf.interpreter;
    return closure_.add({located.path, located.source, std::move(elf), nullptr}, loader);
  }

  // Remembers for which machine the program at `path` is, if it is no script.
  void add_machine(const std::string& path) {
    const auto elf = elf_at(path);
    if (!elf) return;
    for (const ElfFacts& known : machines_) {
      if (known.architecture == elf->architecture && known.bits == elf->bits) return;
    }
    ElfFacts machine;
    machine.architecture = elf->architecture;
    machine.bits = elf->bits;
    machines_.push_back(std::move(machine));
  }

  Status place_closure() {
    std::vector<Located> libraries = roots_;
    libraries.insert(libraries.end(), closure_.libraries().begin(), closure_.libraries().end());
    for (const Located& library : libraries) {
      const ProgramFile file{library.path, library.source, 0755, ProgramPart::library};
      if (auto status = places_.add(file); !status) return status;
      loaded_.insert({library.path, library.source});
    }
    loaders_.insert(closure_.interpreters().begin(), closure_.interpreters().end());
    for (const std::string& loader : loaders_) {
      if (auto status = places_.add({loader, loader, 0755, ProgramPart::loader}); !status) return status;
    }
    return {};
  }

  std::vector<CachedLibrary> cached() const {
    std::vector<CachedLibrary> cached;
    std::set<std::string> seen;
    for (const auto& [name, path] : cache_) {
      const auto loaded = loaded_.find(absolute_path("/", path));
      if (loaded != loaded_.end() && seen.insert(loaded->first).second)
        cached.push_back({loaded->first, loaded->second});
    }
    return cached;
  }

  SearchPaths paths_;
  LoaderCache cache_;
  LibrarySearch search_;
  LibraryClosure closure_{search_};
  NodePlaces places_{max_node_libraries};
  std::vector<ElfFacts> machines_;  // of the programs
  std::vector<Located> roots_;      // the libraries that were asked for
  std::set<std::string> loaders_;
  std::map<std::string, std::string> loaded_;  // libraries by path, with their source
  std::vector<MissingLibrary> missing_;
};

}  // namespace

sys::Result<NodeLibraries> resolve_libraries(const LibrariesRequest& request, const SearchPaths& paths) {
  Gatherer gatherer(paths);
  for (const std::string& program : request.programs) {
    if (auto status = gatherer.add_program(program); !status) return tl::unexpected(status.error());
  }
  for (const std::string& library : request.libraries) {
    if (auto status = gatherer.add_library(library); !status) return tl::unexpected(status.error());
  }
  return gatherer.finish();
}

}  // namespace frontend
