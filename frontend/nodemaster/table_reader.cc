#include "frontend/nodemaster/table_reader.h"

#include "frontend/common/octal_mode.h"
#include "sys/path.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr char text_limits[] = "must have at most 4095 bytes, and no control characters";

std::string limits_of_content(std::size_t limit) {
  return sys::cat("must have at most ", limit, " bytes, and none that is zero");
}

bool is_content(const std::string& text, std::size_t limit) {
  return text.size() <= limit && text.find('\0') == text.npos;
}

// Names and paths are printed to terminals and into logs; sys::printable() leaves what is fit for them.
bool is_text(const std::string& text) {
  return text.size() <= TableReader::max_text && sys::printable(text, 4 * TableReader::max_text) == text;
}

// As it would be written in quotes; nothing for what would not.
std::optional<std::string> as_text(const TomlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return sys::cat(*number);
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "1" : "0";
  return std::nullopt;
}

}  // namespace

TableReader::TableReader(const TomlTable& table, unsigned line, std::string file, std::string name, Problems& problems)
    : table_(table), line_(line), file_(std::move(file)), name_(std::move(name)), problems_(problems) {}

const TomlValue* TableReader::find(std::string_view key) const {
  for (const TomlEntry& entry : table_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

template <class T> const T* TableReader::get(std::string_view key, std::string_view expected) {
  known_.emplace(key);
  const TomlValue* value = find(key);
  if (!value) return nullptr;
  const T* typed = std::get_if<T>(&value->data);
  if (!typed) error(key, sys::cat("must be ", expected));
  return typed;
}

unsigned TableReader::line_of(std::string_view key) const {
  const TomlValue* value = find(key);
  return value ? value->line : line_;
}

std::string TableReader::text(std::string_view key, std::string fallback) {
  const auto* value = get<std::string>(key, "a string");
  if (!value) return fallback;
  if (!is_text(*value)) {
    error(key, text_limits);
    return fallback;
  }
  return *value;
}

std::string TableReader::content(std::string_view key, std::size_t limit) {
  const auto* value = get<std::string>(key, "a string");
  if (!value || is_content(*value, limit)) return value ? *value : "";
  error(key, limits_of_content(limit));
  return {};
}

bool TableReader::flag(std::string_view key, bool fallback) {
  const auto* value = get<bool>(key, "true or false");
  return value ? *value : fallback;
}

std::uint64_t TableReader::number(std::string_view key, std::uint64_t low, std::uint64_t high, std::uint64_t fallback) {
  const auto* value = get<std::int64_t>(key, "a whole number");
  if (!value) return fallback;
  if (*value >= 0 && static_cast<std::uint64_t>(*value) >= low && static_cast<std::uint64_t>(*value) <= high) {
    return static_cast<std::uint64_t>(*value);
  }
  error(key, sys::cat("is ", *value, ", must be from ", low, " to ", high));
  return fallback;
}

sys::Duration TableReader::duration(std::string_view key, sys::Duration fallback) {
  const auto* value = get<std::string>(key, "a duration in quotes, like \"30s\"");
  if (!value) return fallback;
  if (const auto ms = sys::parse_duration_ms(*value)) return std::chrono::milliseconds(*ms);
  error(key, sys::cat("\"", sys::printable(*value), "\" is no duration; write \"1500ms\", \"30s\", \"2m\" or \"1h\""));
  return fallback;
}

std::uint32_t TableReader::mode(std::string_view key, std::uint32_t fallback) {
  const TomlValue* value = find(key);
  if (value && std::holds_alternative<std::int64_t>(value->data)) {
    return static_cast<std::uint32_t>(number(key, 0, 07777, fallback));
  }
  const auto* written = get<std::string>(key, "an octal mode in quotes, like \"0644\"");
  if (!written) return fallback;
  if (const auto parsed = parse_mode(*written)) return *parsed;
  error(key, sys::cat("\"", sys::printable(*written), "\" is no octal mode; write it like \"0644\""));
  return fallback;
}

std::uint32_t TableReader::address(std::string_view key) {
  const auto* value = get<std::string>(key, "an IPv4 address in quotes");
  if (!value) return 0;
  const auto parsed = sys::parse_ip(*value);
  if (!parsed) {
    error(key, sys::cat("\"", sys::printable(*value), "\" is no IPv4 address"));
    return 0;
  }
  const std::uint32_t first = *parsed >> 24;
  if (first == 0 || first == 127 || first >= 224) {
    error(key, sys::cat(*value, " cannot be an address of a machine on the nodes' network"));
    return 0;
  }
  return *parsed;
}

std::optional<sys::Mac> TableReader::mac(std::string_view key) {
  const auto* value = get<std::string>(key, "a MAC address in quotes");
  if (!value) return std::nullopt;
  const auto parsed = sys::parse_mac(*value);
  if (!parsed) {
    error(key, sys::cat("\"", sys::printable(*value), "\" is no MAC address; write it like \"52:54:00:00:00:03\""));
    return std::nullopt;
  }
  if ((*parsed)[0] & 1) {
    error(key, sys::cat(*value, " is a group address, not one of a network card"));
    return std::nullopt;
  }
  return *parsed;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  std::vector<std::string> texts;
  const auto* values = get<TomlArray>(key, "an array of strings");
  if (!values) return texts;
  for (const TomlValue& value : *values) {
    const auto* text = std::get_if<std::string>(&value.data);
    if (!text || !is_content(*text, max_text)) {
      error(key, sys::cat("must be an array of strings; a string ", limits_of_content(max_text)));
      return {};
    }
    texts.push_back(*text);
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> TableReader::text_table(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> texts;
  const auto* values = get<TomlTable>(key, "a table of strings");
  if (!values) return texts;
  for (const TomlEntry& entry : *values) {
    if (std::holds_alternative<TomlArray>(entry.value.data)) {
      error(key, sys::cat("'", sys::printable(entry.key, 64),
                          "' is an array; write its values into one string, like \"4096 87380 6291456\""));
      continue;
    }
    auto text = as_text(entry.value);
    if (text && is_content(*text, max_text) && is_text(entry.key)) {
      texts.emplace_back(entry.key, *std::move(text));
    } else {
      error(key,
            sys::cat("'", sys::printable(entry.key, 64), "' must be a string, which ", limits_of_content(max_text)));
    }
  }
  return texts;
}

std::string TableReader::clean_path(std::string_view key) {
  if (!require(key)) return {};
  std::string path = text(key);
  if (!path.empty() && !sys::is_clean_path(path)) {
    error(key, sys::cat("\"", sys::printable(path), "\" must be an absolute path without detours; it ",
                        sys::path_fault(path)));
  }
  return path;
}

TableReader TableReader::table(std::string_view key) {
  static const TomlTable empty;
  const TomlTable* found = get<TomlTable>(key, "a table");
  return {found ? *found : empty, line_of(key), file_, sys::cat("[", key, "]"), problems_};
}

const TomlArray* TableReader::tables(std::string_view key) {
  const auto* values = get<TomlArray>(key, sys::cat("written as [[", key, "]]"));
  if (!values) return nullptr;
  for (const TomlValue& value : *values) {
    if (std::holds_alternative<TomlTable>(value.data)) continue;
    error(key, sys::cat("must be written as [[", key, "]]"));
    return nullptr;
  }
  return values;
}

bool TableReader::require(std::string_view key) {
  known_.emplace(key);
  if (has(key)) return true;
  problems_.error(file_, line_, sys::cat(name_, " needs '", key, "'"));
  return false;
}

void TableReader::error(std::string_view key, std::string_view reason) {
  problems_.error(file_, line_of(key), sys::cat(key, ": ", reason));
}

void TableReader::warn(std::string_view key, std::string_view reason) {
  problems_.warn(file_, line_of(key), sys::cat(key, ": ", reason));
}

void TableReader::finish() {
  for (const TomlEntry& entry : table_) {
    if (known_.contains(entry.key)) continue;
    problems_.error(file_, entry.value.line, sys::cat("unknown key '", sys::printable(entry.key, 64), "' in ", name_));
  }
}

}  // namespace frontend
