// Paths as text: what can be said of them without looking at the disk.
#pragma once

#include <string>
#include <string_view>

namespace frontend {

// `path` seen from `directory`, without ".", ".." and doubled slashes: ("/home/u", "../x//y") -> "/home/x/y".
std::string absolute_path(std::string_view directory, std::string_view path);

}  // namespace frontend
