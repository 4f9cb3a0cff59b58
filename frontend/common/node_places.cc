#include "frontend/common/node_places.h"

#include <cerrno>
#include <filesystem>

#include "frontend/common/elf_file.h"
#include "frontend/common/lexical_path.h"
#include "sys/files.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

// The target of the link at `path`; empty: it is none.
std::string link_target(const std::string& path) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(path, error);
  return error ? "" : target.string();
}

// Whether a link's target passes through directories that it leaves again: they need not be on the node.
bool takes_detours(std::string_view target) {
  bool down = target.starts_with('/');
  for (std::string_view part : sys::split(target, '/')) {
    if (part == ".." && down) return true;
    down = down || (part != ".." && part != "." && !part.empty());
  }
  return false;
}

}  // namespace

sys::Status NodePlaces::add(const ProgramFile& file) {
  if (files_.contains(file.path) || links_.contains(file.path)) return {};
  if (files_.size() + links_.size() >= limit_)
    return sys::refusal(cat("more than ", limit_, " files and links; name fewer programs and libraries"));
  const std::string real = resolved(file.source);
  if (const std::string target = link_target(file.path); !target.empty() && resolved(file.path) == real)
    return add_link(file, target, real);
  if (const auto known = placed_.find(real); known != placed_.end()) {
    links_.emplace(file.path, NodeLink{file.path, known->second, file.part});
    return {};
  }
  sys::KernelFiles files(sys::LinkTrust::all);
  const auto facts = files.facts(real);
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return sys::failure(ENOENT, file.source);
  placed_.emplace(real, file.path);
  files_.emplace(file.path, ProgramFile{file.path, real, (*facts)->mode & 0777, file.part});
  return {};
}

// And what it leads to. There is an end to that: here it leads to a file.
sys::Status NodePlaces::add_link(const ProgramFile& file, const std::string& target, const std::string& real) {
  std::string next = absolute_path(sys::parent_of(file.path), target);
  const bool same = resolved(next) == real;
  if (!same) next = real;
  links_.emplace(file.path, NodeLink{file.path, same && !takes_detours(target) ? target : next, file.part});
  return add({next, real, file.mode, file.part});
}

std::vector<ProgramFile> NodePlaces::files() const {
  std::vector<ProgramFile> files;
  for (const auto& [path, file] : files_)
    files.push_back(file);
  return files;
}

std::vector<NodeLink> NodePlaces::links() const {
  std::vector<NodeLink> links;
  for (const auto& [path, link] : links_)
    links.push_back(link);
  return links;
}

}  // namespace frontend
