// A folder of programs and libraries on the real file system.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/temporary_directory.h"

namespace fakes {

struct ProgramFolder : TemporaryDirectory {
  std::string add(const std::string& name, const std::string& content,
                  std::filesystem::perms mode = std::filesystem::perms(0755)) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    std::filesystem::permissions(path, mode);
    return path;
  }
  // A symbolic link.
  std::string link(const std::string& name, const std::string& target) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::filesystem::create_symlink(target, path);
    return path;
  }
};

}  // namespace fakes
