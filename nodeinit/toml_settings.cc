#include "nodeinit/toml_settings.h"

#define TOML_EXCEPTIONS 0
// In every build as in what ships: some of its assertions are wrong about broken input, which is refused right after.
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <optional>

#include "nodeinit/records.h"
#include "sys/text.h"
#include "sys/toml_guard.h"

namespace node {

namespace {

constexpr int max_depth = 8;  // of tables

void add(std::string& out, std::size_t line, std::string_view key, std::string_view value) {
  append_field(out, sys::cat(line));
  append_field(out, key);
  append_field(out, value);
}

void add_problem(std::string& out, const toml::source_region& where, std::string_view text) {
  add(out, where.begin.line, {}, text);
}

std::optional<std::string> scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return sys::cat(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::string> list(const toml::array& array) {
  std::string joined;
  for (const toml::node& element : array) {
    const std::optional<std::string> text = scalar(element);
    if (!text || text->find(',') != std::string::npos) return std::nullopt;
    if (!joined.empty()) joined += ',';
    joined += *text;
  }
  return joined;
}

void flatten(const toml::table& table, const std::string& prefix, int depth, std::string& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : sys::cat(prefix, ".", name.str());
    if (const toml::table* inner = node.as_table()) {
      if (depth == max_depth) {
        add_problem(out, node.source(), sys::cat(key, ": tables nested too deep"));
      } else {
        flatten(*inner, key, depth + 1, out);
      }
      continue;
    }
    const toml::array* array = node.as_array();
    const std::optional<std::string> value = array != nullptr ? list(*array) : scalar(node);
    if (value) {
      add(out, node.source().begin.line, key, *value);
    } else {
      add_problem(out, node.source(), sys::cat(key, ": only text, whole numbers, true, false and lists of these"));
    }
  }
}

}  // namespace

std::string flatten_toml(std::string_view document) {
  std::string out;
  if (const auto trouble = sys::toml_trouble(document)) {
    add(out, trouble->line, {}, trouble->reason);
    return out;
  }
  const toml::parse_result result = toml::parse(document);
  if (result) {
    flatten(result.table(), {}, 1, out);
  } else {
    add_problem(out, result.error().source(), sys::cat("broken TOML: ", result.error().description()));
  }
  return out;
}

}  // namespace node
