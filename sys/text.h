// Small text helpers: concatenation without iostreams (which would cost PID 1 200 kB) and strict parsing.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sys {

// One argument of cat() or of a log line: a string, a character or a decimal integer, as text. Lives no longer
// than the expression that it is made in.
class TextPiece {
 public:
  // NOLINTBEGIN(google-explicit-constructor): standing for the argument is what it is for
  TextPiece(std::string_view text) : text_(text) {}
  TextPiece(const std::string& text) : text_(text) {}
  TextPiece(const char* text) : text_(text) {}
  TextPiece(char character) : digits_{character}, text_(digits_.data(), 1) {}
  template <std::signed_integral T> TextPiece(T number) { format(static_cast<long long>(number)); }
  template <std::unsigned_integral T> TextPiece(T number) { format(static_cast<unsigned long long>(number)); }
  // NOLINTEND(google-explicit-constructor)
  TextPiece(bool) = delete;
  TextPiece(const TextPiece&) = delete;  // text_ may point into digits_
  TextPiece& operator=(const TextPiece&) = delete;

  std::string_view view() const { return text_; }

 private:
  void format(long long number);
  void format(unsigned long long number);

  std::array<char, 20> digits_;  // -2^63 has 20 characters
  std::string_view text_;
};

std::string join(std::initializer_list<TextPiece> pieces);
// Into a fixed buffer: as much as fits; returns the bytes used.
std::size_t join_into(std::span<char> buffer, std::initializer_list<TextPiece> pieces);

// Concatenates strings, characters and decimal integers: cat("node ", 3, " is up").
template <class... Pieces> std::string cat(const Pieces&... pieces) { return join({TextPiece(pieces)...}); }

// The whole of `text` as a decimal number within [low, high]; nothing else is accepted.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high);

// "90", "90s", "1500ms", "2m", "1h" as milliseconds; nothing on anything else or past ten years.
std::optional<std::uint64_t> parse_duration_ms(std::string_view text);

// n separators make n + 1 pieces, empty ones included; the pieces point into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
// Without the blanks and line ends around it.
std::string_view trim(std::string_view text);

// Text from outside made fit for a terminal or a log line: control characters and broken UTF-8 become
// \xNN, and what would be longer than `limit` bytes is cut and ends in "...".
std::string printable(std::string_view text, std::size_t limit = 256);
// The same into a fixed buffer, which is the limit; returns the bytes used.
std::size_t printable_into(std::span<char> buffer, std::string_view text);

}  // namespace sys
