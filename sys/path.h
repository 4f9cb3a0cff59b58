// Questions about absolute paths that are answered without looking at a file system.
#pragma once

#include <string_view>

namespace sys {

// "/a/b": absolute, without a zero byte, and no component is empty, "." or "..". "/" is clean.
constexpr bool is_clean_path(std::string_view path) {
  if (path == "/") return true;
  if (path.empty() || path.front() != '/' || path.find('\0') != path.npos) return false;
  for (path.remove_prefix(1);;) {
    const auto slash = path.find('/');
    const auto component = path.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// Of a clean path: "/a/b" -> "/a", "/a" -> "/", "/" -> "/".
constexpr std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

// The last component: "/a/b" -> "b".
constexpr std::string_view name_in(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Whether a clean path is `directory` or lies below it.
constexpr bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace sys
