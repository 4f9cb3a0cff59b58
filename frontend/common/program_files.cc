#include "frontend/common/program_files.h"

#include <cerrno>
#include <set>
#include <utility>

#include "frontend/common/elf_file.h"
#include "frontend/common/library_closure.h"
#include "frontend/common/script.h"
#include "sys/environment.h"
#include "sys/file_reader.h"
#include "sys/files.h"
#include "sys/machine.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr int max_scripts = 4;  // interpreters that are scripts themselves, as in the kernel

using sys::cat;
using sys::failure;
using sys::Result;

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

// Collects the files of a program, and of those that interpret it.
class Collector {
 public:
  explicit Collector(const SearchPaths& paths)
      : paths_(paths), search_(host_loader_cache(), paths.library_path, fits) {}

  sys::Status add_program(const std::string& path, int depth = 0) {
    const auto mode = executable_mode(path);
    if (!mode) return tl::unexpected(mode.error());
    const auto file = sys::FileReader::open(path);
    if (!file) return tl::unexpected(file.error());
    if (file->is_being_written()) return failure(ETXTBSY, path);
    add_file({path, path, *mode, ProgramPart::program});
    const auto elf = elf_of(*file);
    if (!elf) return failure(ENOEXEC, cat(path, ": ", elf.error().what));
    if (*elf) return add_elf_program(path, **elf);
    if (depth == max_scripts) return failure(ELOOP, cat(path, ": too many scripts that interpret each other"));
    return add_interpreter(path, *file, depth + 1);
  }

  Result<ProgramFiles> finish(const std::string& program) {
    if (!closure_.missing().empty()) return failure(ENOENT, cat(program, ": ", text_of(closure_.missing())));
    bool cache_needed = false;
    for (const Located& library : closure_.libraries()) {
      add_file({library.path, library.source, 0755, ProgramPart::library});
      cache_needed = cache_needed || library.through_cache;
    }
    if (cache_needed) add_file({loader_cache_path, loader_cache_path, 0755, ProgramPart::loader_cache});
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
        // As a shell would: what no machine like this one can execute is no program; else it is the loader that is missing.
        const bool foreign = elf.architecture != sys::KernelMachine().facts().architecture;
        return failure(foreign ? ENOEXEC : ENOENT,
                       cat(path, ": a program for ", elf.architecture, "; its loader ", elf.interpreter));
      }
      add_file({elf.interpreter, elf.interpreter, 0755, ProgramPart::loader});
    }
    return closure_.add({path, resolved(path), elf, nullptr}, elf.interpreter);
  }

  void add_file(ProgramFile file) {
    if (paths_seen_.insert(file.path).second) files_.push_back(std::move(file));
  }

  SearchPaths paths_;
  LibrarySearch search_;
  LibraryClosure closure_{search_};
  std::set<std::string> paths_seen_;
  std::vector<ProgramFile> files_;
  std::string architecture_;
};

}  // namespace

Result<ProgramFiles> resolve_program(const std::string& program, const SearchPaths& paths) {
  Collector collector(paths);
  if (auto status = collector.add_program(program); !status) return tl::unexpected(status.error());
  return collector.finish(program);
}

}  // namespace frontend
