#include "sys/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "sys/utf8.h"

namespace sys {

namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t milliseconds;
};
constexpr Unit units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60'000}, {"h", 3'600'000}};
constexpr std::uint64_t ten_years_ms = 10ull * 366 * 24 * 60 * 60 * 1000;

std::string_view digits_of(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
}

// A fixed buffer that keeps the last place at which a cut leaves room for "...".
class Printer {
 public:
  explicit Printer(std::span<char> buffer) : buffer_(buffer) {}

  // False when it does not fit: the text is cut and nothing more may be added.
  bool add(std::string_view unit) {
    if (unit.size() > buffer_.size() - used_) {
      cut();
      return false;
    }
    std::memcpy(buffer_.data() + used_, unit.data(), unit.size());
    used_ += unit.size();
    if (used_ + ellipsis.size() <= buffer_.size()) cut_at_ = used_;
    return true;
  }
  bool add_escaped(std::string_view bytes) {
    constexpr std::string_view hex = "0123456789abcdef";
    return std::all_of(bytes.begin(), bytes.end(), [&](char byte) {
      const auto value = static_cast<unsigned char>(byte);
      const char escape[] = {'\\', 'x', hex[value >> 4], hex[value & 15]};
      return add({escape, sizeof escape});
    });
  }
  std::size_t used() const { return used_; }

 private:
  static constexpr std::string_view ellipsis = "...";

  void cut() {
    used_ = cut_at_;
    const auto dots = std::min(ellipsis.size(), buffer_.size() - used_);
    std::memcpy(buffer_.data() + used_, ellipsis.data(), dots);
    used_ += dots;
  }

  std::span<char> buffer_;
  std::size_t used_ = 0;
  std::size_t cut_at_ = 0;
};

}  // namespace

void TextPiece::format(long long number) {
  const auto end = std::to_chars(digits_.begin(), digits_.end(), number).ptr;
  text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
}

void TextPiece::format(unsigned long long number) {
  const auto end = std::to_chars(digits_.begin(), digits_.end(), number).ptr;
  text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
}

std::string join(std::initializer_list<TextPiece> pieces) {
  std::size_t size = 0;
  for (const TextPiece& piece : pieces)
    size += piece.view().size();
  std::string out;
  out.reserve(size);
  for (const TextPiece& piece : pieces)
    out += piece.view();
  return out;
}

std::size_t join_into(std::span<char> buffer, std::initializer_list<TextPiece> pieces) {
  std::size_t used = 0;
  for (const TextPiece& piece : pieces)
    used += piece.view().copy(buffer.data() + used, buffer.size() - used);
  return used;
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high) {
  if (text.empty() || digits_of(text) != text) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < low || number > high) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_duration_ms(std::string_view text) {
  const auto digits = digits_of(text);
  const auto suffix = text.substr(digits.size());
  const auto unit = std::find_if(std::begin(units), std::end(units), [&](Unit u) { return u.suffix == suffix; });
  if (unit == std::end(units)) return std::nullopt;
  const auto count = parse_number(digits, 0, ten_years_ms / unit->milliseconds);
  if (!count) return std::nullopt;
  return *count * unit->milliseconds;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::size_t printable_into(std::span<char> buffer, std::string_view text) {
  Printer out(buffer);
  while (!text.empty()) {
    const auto size = printable_character_size(text);
    const auto unit = text.substr(0, std::max<std::size_t>(size, 1));
    if (!(size == 0 ? out.add_escaped(unit) : out.add(unit))) break;
    text.remove_prefix(unit.size());
  }
  return out.used();
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out(std::min(limit, 4 * text.size()), '\0');  // an escaped byte takes four
  out.resize(printable_into(out, text));
  return out;
}

}  // namespace sys
