// Reads the keys of one TOML table into values of the right type and range. Whatever is wrong becomes a problem with
// its line, and the fallback stands in, so that reading goes on. finish() reports the keys that nobody has asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/nodemaster/toml_file.h"
#include "sys/clock.h"
#include "sys/links.h"

namespace frontend {

class TableReader {
 public:
  // `name` is what messages call the table: "[front_end]". `table` must outlive the reader.
  TableReader(const TomlTable& table, unsigned line, std::string file, std::string name, Problems& problems);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  unsigned line() const { return line_; }
  unsigned line_of(std::string_view key) const;  // the table's own when the key is absent

  // At most max_text bytes of UTF-8 without control characters: what is read here may be printed as it is.
  static constexpr std::size_t max_text = 4095;  // bytes; the messages that carry it have the same limit
  std::string text(std::string_view key, std::string fallback = {});
  // At most `limit` bytes, of which none is zero; for what is a file's, with its lines.
  std::string content(std::string_view key, std::size_t limit);
  bool flag(std::string_view key, bool fallback);
  std::uint64_t number(std::string_view key, std::uint64_t low, std::uint64_t high, std::uint64_t fallback);
  sys::Duration duration(std::string_view key, sys::Duration fallback);
  std::uint32_t mode(std::string_view key, std::uint32_t fallback);  // "0644", or 0o644
  std::uint32_t address(std::string_view key);                       // 0: absent or bad
  std::optional<sys::Mac> mac(std::string_view key);
  std::vector<std::string> texts(std::string_view key);  // an array of strings, which may have control characters
  // A table of strings, which may have them too; whole numbers and truth values (1, 0) are taken for what they look
  // like. By key.
  std::vector<std::pair<std::string, std::string>> text_table(std::string_view key);
  // An absolute path without empty, "." and ".." components; required.
  std::string clean_path(std::string_view key);
  // The table of that name, read with a reader of its own; an empty one when it is absent or none.
  TableReader table(std::string_view key);
  // An array of tables; a single table will not do.
  const TomlArray* tables(std::string_view key);

  // Adds a problem unless the key is there.
  bool require(std::string_view key);
  void error(std::string_view key, std::string_view reason);
  void warn(std::string_view key, std::string_view reason);
  void finish();

 private:
  const TomlValue* find(std::string_view key) const;
  // The value of a key that is present and of type T; a problem when it is of another.
  template <class T> const T* get(std::string_view key, std::string_view expected);

  const TomlTable& table_;
  unsigned line_;
  std::string file_;
  std::string name_;
  Problems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace frontend
