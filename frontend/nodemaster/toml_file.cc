#include "frontend/nodemaster/toml_file.h"

#define TOML_EXCEPTIONS 0
// In every build as in what ships: some of its assertions are wrong about broken input, which is refused right after.
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "sys/text.h"
#include "sys/toml_guard.h"

namespace frontend {
namespace {

TomlValue convert(const toml::node& node);

TomlTable convert_table(const toml::table& table) {
  TomlTable entries;
  entries.reserve(table.size());
  for (const auto& entry : table) {
    TomlValue value = convert(entry.second);
    // The key's line where there is one: a value may begin later, and a table's key has none.
    if (const unsigned line = entry.first.source().begin.line; line != 0) value.line = line;
    entries.push_back({std::string(entry.first.str()), std::move(value)});
  }
  return entries;
}

TomlArray convert_array(const toml::array& array) {
  TomlArray values;
  values.reserve(array.size());
  for (const toml::node& element : array)
    values.push_back(convert(element));
  return values;
}

TomlValue convert(const toml::node& node) {
  TomlValue value;
  value.line = node.source().begin.line;
  if (const auto* text = node.as_string()) value.data = text->get();
  if (const auto* number = node.as_integer()) value.data = number->get();
  if (const auto* flag = node.as_boolean()) value.data = flag->get();
  if (const auto* array = node.as_array()) value.data = convert_array(*array);
  if (const auto* table = node.as_table()) value.data = convert_table(*table);
  return value;
}

}  // namespace

std::optional<TomlTable> parse_toml(std::string_view text, const std::string& path, Problems& problems) {
  if (const auto trouble = sys::toml_trouble(text)) {
    problems.error(path, trouble->line, trouble->reason);
    return std::nullopt;
  }
  const toml::parse_result result = toml::parse(text);
  if (result.failed()) {
    problems.error(path, result.error().source().begin.line, std::string(result.error().description()));
    return std::nullopt;
  }
  return convert_table(result.table());
}

std::optional<TomlTable> read_toml(sys::Files& files, const std::string& path, Problems& problems) {
  const auto text = files.read(path, max_toml_file);
  if (!text) {
    problems.error(path, 0, text.error().text());
    return std::nullopt;
  }
  return parse_toml(*text, path, problems);
}

}  // namespace frontend
