#include "frontend/common/glob.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "sys/files.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using Paths = std::vector<std::string>;

// What is in no directory matches nothing.
sys::Result<Paths> names_in(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) return Paths{};
  sys::KernelFiles files(sys::LinkTrust::all);
  return files.list(directory);
}

// The entries of `directory` that match one component of a pattern; for a plain name that one, there or not.
sys::Result<Paths> matches_in(const std::string& directory, const std::string& component) {
  if (!has_wildcards(component)) return Paths{cat(directory, "/", component)};
  const auto names = names_in(directory.empty() ? "/" : directory);
  if (!names) return tl::unexpected(names.error());
  Paths paths;
  for (const std::string& name : *names) {
    if (::fnmatch(component.c_str(), name.c_str(), FNM_PERIOD) == 0) paths.push_back(cat(directory, "/", name));
  }
  return paths;
}

bool is_there(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  return std::filesystem::exists(status);
}

}  // namespace

bool has_wildcards(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

sys::Result<Paths> expand_glob(const std::string& pattern, std::size_t limit) {
  if (const auto fault = sys::path_fault(pattern); !fault.empty())
    return sys::refusal(cat("the pattern '", sys::printable(pattern), "' ", fault));
  Paths paths = {""};
  for (const std::string_view part : sys::split(std::string_view(pattern).substr(1), '/')) {
    Paths next;
    for (const std::string& directory : paths) {
      auto found = matches_in(directory, std::string(part));
      if (!found) return sys::within(pattern, found.error());
      std::move(found->begin(), found->end(), std::back_inserter(next));
      if (next.size() > limit) return sys::refusal(cat(pattern, ": more than ", limit, " paths match"));
    }
    paths = std::move(next);
  }
  std::erase_if(paths, [](const std::string& path) { return !is_there(path); });
  if (paths.empty()) return sys::failure(ENOENT, cat("nothing matches ", sys::printable(pattern)));
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace frontend
