#include "sys/toml_guard.h"

#include "sys/text.h"
#include "sys/utf8.h"

namespace sys {

namespace {

constexpr unsigned max_dots = 16;  // in a line: toml++ itself bounds how deep values nest, not how deep dotted keys do
constexpr std::string_view before_strings = " \t=[,{.";  // what can stand before one in a line

class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  std::optional<TomlTrouble> scan() {
    if (left_.starts_with("\xEF\xBB\xBF"))
      return TomlTrouble{1, "the file begins with a byte order mark: save it as UTF-8 without one"};
    while (!left_.empty() && reason_.empty())
      step();
    if (reason_.empty()) return std::nullopt;
    return TomlTrouble{line_, std::string(reason_)};
  }

 private:
  void step() {
    const char c = left_.front();
    if (c == '\n') return end_line();
    if (c == '\t' || c == '\r') {
      string_may_begin_ = true;
      return skip(1);
    }
    const std::size_t size = printable_character_size(left_);
    if (size == 0) return complain("a byte that is no text (UTF-8 without control characters)");
    if (size > 1) {
      if (!comment_ && quote_.size() != 1) complain("a character that is not ASCII, outside of strings of one line");
      return skip(size);
    }
    if (comment_) return skip(1);
    quote_.empty() ? outside(c) : inside(c);
  }
  void outside(char c) {
    if (c == '#') comment_ = true;
    if (c == '.' && ++dots_ > max_dots) return complain("too many dots: tables nested too deep");
    for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"}) {
      if (!left_.starts_with(quote)) continue;
      if (!string_may_begin_) return complain("a quotation mark in the middle of a word");
      quote_ = quote;
      return skip(quote.size());
    }
    string_may_begin_ = before_strings.find(c) != before_strings.npos;
    skip(1);
  }
  void inside(char c) {
    if (c == '\\' && quote_.front() == '"') {
      skip(1);
      // The next character belongs to it, unless it is one that has to be looked at.
      if (!left_.empty() && (left_.front() == '"' || left_.front() == '\\')) skip(1);
      return;
    }
    if (!left_.starts_with(quote_)) return skip(1);
    skip(quote_.size());
    // A string of several lines may end in up to two quotation marks of its own.
    for (int i = 0; i < 2 && quote_.size() > 1 && left_.starts_with(quote_.front()); ++i)
      skip(1);
    quote_ = {};
    string_may_begin_ = false;
  }
  void end_line() {
    if (quote_.size() == 1) quote_ = {};
    comment_ = false;
    string_may_begin_ = true;
    dots_ = 0;
    ++line_;
    skip(1);
  }
  void skip(std::size_t count) { left_.remove_prefix(count); }
  void complain(std::string_view reason) { reason_ = reason; }

  std::string_view left_;
  std::string_view quote_;  // that the string we are in ends with; empty: outside of strings
  bool comment_ = false;
  bool string_may_begin_ = true;  // elsewhere toml++ would read on as if none had begun
  unsigned dots_ = 0;
  unsigned line_ = 1;
  std::string_view reason_;
};

}  // namespace

std::optional<TomlTrouble> toml_trouble(std::string_view text) { return Scanner(text).scan(); }

}  // namespace sys
