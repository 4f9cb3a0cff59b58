// Small text helpers: concatenation without iostreams (which would cost PID 1 200 kB) and strict parsing.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sys {

namespace text_detail {
void append(std::string& out, std::string_view piece);
void append(std::string& out, char piece);
void append(std::string& out, long long piece);
void append(std::string& out, unsigned long long piece);

template <std::signed_integral T>
  requires(!std::same_as<T, char>)
void append(std::string& out, T piece) {
  append(out, static_cast<long long>(piece));
}
template <std::unsigned_integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>)
void append(std::string& out, T piece) {
  append(out, static_cast<unsigned long long>(piece));
}
}  // namespace text_detail

// Concatenates strings, characters and decimal integers: cat("node ", 3, " is up").
template <class... Pieces>
std::string cat(const Pieces&... pieces) {
  std::string out;
  (text_detail::append(out, pieces), ...);
  return out;
}

// The whole of `text` as a decimal number within [low, high]; nothing else is accepted.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high);

// "90", "90s", "1500ms", "2m", "1h" as milliseconds; nothing on anything else or past ten years.
std::optional<std::uint64_t> parse_duration_ms(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

// Text from outside made fit for a terminal or a log line: control characters and broken UTF-8 become
// \xNN, and what is longer than `limit` bytes is cut and ends in "...".
std::string printable(std::string_view text, std::size_t limit = 256);

}  // namespace sys
