#include "frontend/common/file_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "sys/text.h"

namespace frontend {
namespace {

// The entries of `folder` that fit `pattern`, one component. What is no directory has none.
sys::Result<std::vector<std::string>> matches_in(sys::Files& files, const std::string& folder,
                                                 const std::string& pattern) {
  std::vector<std::string> found;
  const std::string prefix = folder == "/" ? folder : folder + "/";
  if (!has_wildcards(pattern)) {
    const auto there = files.facts(prefix + pattern);
    if (!there) return tl::unexpected(there.error());
    if (*there) found.push_back(prefix + pattern);
    return found;
  }
  const auto names = files.list(folder);
  if (!names && (names.error().code == ENOTDIR || names.error().code == ENOENT)) return found;
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names)
    if (matches(pattern, name)) found.push_back(prefix + name);
  return found;
}

}  // namespace

bool has_wildcards(std::string_view pattern) { return pattern.find_first_of("*?[") != pattern.npos; }

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

sys::Result<std::vector<std::string>> expand_pattern(sys::Files& files, const std::string& pattern) {
  std::vector<std::string> found = {"/"};
  for (const std::string_view component : sys::split(pattern, '/')) {
    if (component.empty()) continue;
    std::vector<std::string> next;
    for (const std::string& folder : found) {
      const auto more = matches_in(files, folder, std::string(component));
      if (!more) return tl::unexpected(more.error());
      next.insert(next.end(), more->begin(), more->end());
      if (next.size() > max_matches)
        return sys::refusal(sys::cat(sys::printable(pattern), " fits more than ", max_matches, " files"));
    }
    found = std::move(next);
  }
  if (found.empty()) return sys::refusal(sys::cat("no file fits ", sys::printable(pattern)));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace frontend
