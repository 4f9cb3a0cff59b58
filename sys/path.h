// Questions about absolute paths that are answered without looking at a file system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sys {

constexpr std::size_t longest_path = 4095;      // bytes: PATH_MAX with its zero byte
constexpr std::size_t longest_component = 255;  // NAME_MAX

// What is wrong with a path that is to be absolute and to name one place only: "has a '..' in it", to be put behind
// "the path". Empty: it is clean. "/" is clean.
constexpr std::string_view path_fault(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.front() != '/') return "is not absolute";
  if (path.size() > longest_path) return "is longer than 4095 bytes";
  if (path.find('\0') != path.npos) return "has a zero byte in it";
  if (path == "/") return "";
  for (path.remove_prefix(1);;) {
    const auto slash = path.find('/');
    const auto component = path.substr(0, slash);
    if (component.empty()) return slash == path.npos ? "has a slash at its end" : "has a '//' in it";
    if (component == ".") return "has a '.' in it";
    if (component == "..") return "has a '..' in it";
    if (component.size() > longest_component) return "has a component of more than 255 bytes";
    if (slash == path.npos) return "";
    path.remove_prefix(slash + 1);
  }
}

constexpr bool is_clean_path(std::string_view path) { return path_fault(path).empty(); }

// What a symbolic link may be made to lead to: anything that the kernel takes.
constexpr bool is_link_target(std::string_view target) {
  return !target.empty() && target.size() <= longest_path && target.find('\0') == target.npos;
}

// Of a clean path: "/a/b" -> "/a", "/a" -> "/", "/" -> "/".
constexpr std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

// The last component: "/a/b" -> "b".
constexpr std::string_view name_in(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// How something is named, beside where it is going to be, until it is put there: the same each time, so that what
// an attempt that was killed has left is found by the next one. A name that would be too long loses its beginning.
inline std::string temporary_name(std::string_view name) {
  constexpr std::string_view prefix = ".nodeinit-new-";
  const std::size_t room = longest_component - prefix.size();
  return std::string(prefix).append(name.substr(name.size() > room ? name.size() - room : 0));
}

inline std::string temporary_beside(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/') + 1)).append(temporary_name(name_in(path)));
}

// Whether a clean path is `directory` or lies below it.
constexpr bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace sys
