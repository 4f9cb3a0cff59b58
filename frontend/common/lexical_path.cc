#include "frontend/common/lexical_path.h"

#include <vector>

#include "sys/text.h"

namespace frontend {

std::string absolute_path(std::string_view directory, std::string_view path) {
  const std::string whole = path.starts_with('/') ? std::string(path) : sys::cat(directory, "/", path);
  std::vector<std::string_view> parts;
  for (std::string_view part : sys::split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (std::string_view part : parts)
    out += sys::cat("/", part);
  return out.empty() ? "/" : out;
}

}  // namespace frontend
