// docs/PROTOCOL.md against the code.
#include <doctest/doctest.h>

#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "sys/text.h"
#include "tests/unit/transport_samples.h"
#include "transport/codec.h"
#include "transport/frame.h"

using namespace transport;

namespace {

std::string document() {
  std::ifstream file("docs/PROTOCOL.md");
  REQUIRE_MESSAGE(file, "run in the top of the tree");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Row {
  std::string name;
  std::string body;
};

// The rows of the table "Messages", by number.
std::map<std::uint16_t, Row> listed_messages() {
  std::map<std::uint16_t, Row> rows;
  const std::string text = document();
  for (const auto line : sys::split(text, '\n')) {
    const auto cells = sys::split(line, '|');
    if (cells.size() < 7) continue;
    const auto number = sys::parse_number(sys::trim(cells[1]), 1, 65535);
    if (!number) continue;
    CHECK(rows.count(static_cast<std::uint16_t>(*number)) == 0);
    rows[static_cast<std::uint16_t>(*number)] = {std::string(sys::trim(cells[2])), std::string(sys::trim(cells[5]))};
  }
  return rows;
}

// "mac: byte[6]" -> 6; "data" -> 4, with empty strings and lists.
std::size_t least_size_of_field(std::string_view field) {
  static const std::map<std::string, std::size_t, std::less<>> sizes = {{"u8", 1},
                                                                        {"u16", 2},
                                                                        {"u32", 4},
                                                                        {"u64", 8},
                                                                        {"i32", 4},
                                                                        {"i64", 8},
                                                                        {"bool", 1},
                                                                        {"text", 4},
                                                                        {"outcome", 1},
                                                                        {"stream", 1},
                                                                        {"files", 4},
                                                                        {"data", 4},
                                                                        {"string", 4},
                                                                        {"list", 4},
                                                                        {"bytes", 4},
                                                                        {"arguments", 4},
                                                                        {"node_set", 4},
                                                                        {"self_usage", 60},
                                                                        {"service_status", 25},
                                                                        {"window", 4},
                                                                        {"job_limits", 24}};
  const auto colon = field.find(": ");
  std::string_view type = colon == std::string_view::npos ? field : field.substr(colon + 2);
  if (type.starts_with("byte[")) return *sys::parse_number(type.substr(5, type.find(']') - 5), 1, 1000);
  type = type.substr(0, type.find_first_of("< "));
  const auto size = sizes.find(type);
  REQUIRE_MESSAGE(size != sizes.end(), std::string(field));
  return size->second;
}

// Commas separate fields, except within <> and ().
std::size_t least_size_of_body(std::string_view body) {
  std::size_t sum = 0;
  int depth = 0;
  std::string field;
  for (const char c : std::string(body) + ",") {
    depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
    if (c != ',' || depth > 0) {
      field += c;
      continue;
    }
    const auto trimmed = sys::trim(field);
    if (!trimmed.empty()) sum += least_size_of_field(trimmed);
    field.clear();
  }
  return sum;
}

template <class... T> std::vector<Message> empty_messages(const std::variant<T...>*) { return {Message(T{})...}; }

// The hexadecimal bytes of the example that begins at `heading`: at the start of indented lines.
Bytes example(const std::string& heading) {
  const std::string text = document();
  const auto start = text.find(heading);
  REQUIRE_MESSAGE(start != std::string::npos, heading);
  Bytes bytes;
  for (const auto line : sys::split(std::string_view(text).substr(text.find("\n    ", start) + 1), '\n')) {
    if (!line.starts_with("    ")) break;
    for (const auto word : sys::split(line.substr(4), ' ')) {
      unsigned value = 0;
      const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value, 16);
      if (word.size() != 2 || parsed.ptr != word.data() + 2) break;
      bytes.push_back(static_cast<std::byte>(value));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("the protocol document lists every message under its number and name, and no other") {
  const auto rows = listed_messages();
  for (unsigned number = 0; number <= 65535; ++number) {
    const std::string name = name_of_number(static_cast<std::uint16_t>(number));
    const bool known = name.find(' ') == std::string::npos;
    const auto row = rows.find(static_cast<std::uint16_t>(number));
    if (known != (row != rows.end()) || (known && row->second.name != name)) FAIL_CHECK(number, ": ", name);
  }
}

TEST_CASE("the fields in the protocol document add up to what is sent") {
  const auto rows = listed_messages();
  for (const Message& message : empty_messages(static_cast<Message*>(nullptr))) {
    const auto number = number_of(message);
    CAPTURE(name_of_number(number));
    CHECK(least_size_of_body(rows.at(number).body) == samples::body_of(message).size());
  }
}

TEST_CASE("the worked example of the protocol document is what we send") {
  CHECK(example("Frame of the ping") == samples::frame_of(Ping{7}));
  CHECK(example("`nodectl status n5`") == samples::frame_of(StatusRequest{"n5"}, 1));

  const Bytes refused = example("A refusal that claims");
  const auto header = read_header(refused, max_body);
  REQUIRE(header);
  REQUIRE(*header);
  const auto message = decode((*header)->number, std::span(refused).subspan(FrameHeader::size));
  REQUIRE_FALSE(message);
  CHECK(message.error().text() == "Refused: reason claims 16777216, at most 2048 are allowed");
}

TEST_CASE("the limits in the protocol document are ours") {
  const std::string text = document();
  CHECK(text.find(sys::cat("4 KiB (", max_greeting_body, ")")) != std::string::npos);
  CHECK(text.find(sys::cat("4 MiB (", max_body, ")")) != std::string::npos);
  CHECK(text.find(sys::cat("TCP ", default_port)) != std::string::npos);
  CHECK(text.find(sys::cat("Version ", protocol_version, ".")) != std::string::npos);
}
