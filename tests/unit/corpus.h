// The seeds of the fuzz targets (tests/fuzz/corpus/TARGET/NAME): made by tests, so that they follow what they are seeds
// of. After a change: NODEINIT_WRITE_CORPUS=1 unit_tests -tc='the seeds*'. What else stands in those folders are inputs that
// have found something once.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace corpus {

inline std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// That the seed is there, or puts it there.
inline void seed(const std::string& target, const std::string& name, const std::string& input) {
  const std::string folder = "tests/fuzz/corpus/" + target;
  const std::string path = folder + "/" + name;
  if (std::getenv("NODEINIT_WRITE_CORPUS") != nullptr) {
    std::filesystem::create_directories(folder);
    std::ofstream(path, std::ios::binary) << input;
  }
  CHECK_MESSAGE(read(path) == input, path, " is not up to date: see ", __FILE__);
}

// Bytes one after the other.
inline std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values)
    text += static_cast<char>(value);
  return text;
}

// So many bytes that differ.
inline std::string wild(int seed, std::size_t count) {
  std::string text;
  for (unsigned state = static_cast<unsigned>(seed) + 1; text.size() < count;) {
    state = state * 1103515245u + 12345u;
    text += static_cast<char>(state >> 16);
  }
  return text;
}

}  // namespace corpus
