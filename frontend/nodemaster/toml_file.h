// A TOML file as plain values that know their line. toml++ stays behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "frontend/nodemaster/problems.h"
#include "sys/files.h"

namespace frontend {

struct TomlEntry;
struct TomlValue;
using TomlTable = std::vector<TomlEntry>;
using TomlArray = std::vector<TomlValue>;

struct TomlValue {
  unsigned line = 0;
  // monostate: a kind of value that no configuration uses (dates, floating point).
  std::variant<std::monostate, std::string, std::int64_t, bool, TomlArray, TomlTable> data;
};

struct TomlEntry {
  std::string key;
  TomlValue value;
};

constexpr std::size_t max_toml_file = 4u << 20;  // bytes

// The top table; nothing, and a problem, when the file cannot be read or is not TOML.
std::optional<TomlTable> read_toml(sys::Files& files, const std::string& path, Problems& problems);
std::optional<TomlTable> parse_toml(std::string_view text, const std::string& path, Problems& problems);

}  // namespace frontend
