#include "sys/text.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace std::string_literals;

TEST_CASE("cat: strings, characters and integers of every size") {
  const std::string text = "text";
  CHECK(sys::cat("a ", text, ' ', std::string_view("view"), ' ', -3, ' ', std::uint8_t{7}) == "a text view -3 7");
  CHECK(sys::cat(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(sys::cat(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("join_into: cuts at the end of the buffer") {
  char buffer[8];
  CHECK(sys::join_into(buffer, {"abc", 12345, "xyz"}) == 8);
  CHECK(std::string_view(buffer, 8) == "abc12345");
  CHECK(sys::join_into(buffer, {"ab"}) == 2);
}

TEST_CASE("parse_number: the whole text, within bounds") {
  CHECK(sys::parse_number("0", 0, 10) == 0u);
  CHECK(sys::parse_number("10", 0, 10) == 10u);
  CHECK(sys::parse_number("18446744073709551615", 0, UINT64_MAX) == UINT64_MAX);
  for (const char* wrong : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "11", "18446744073709551616"})
    CHECK_MESSAGE(!sys::parse_number(wrong, 0, 10), wrong);
  CHECK_FALSE(sys::parse_number("18446744073709551616", 0, UINT64_MAX));
  CHECK_FALSE(sys::parse_number("1", 2, 10));
}

TEST_CASE("parse_duration_ms: units and bounds") {
  CHECK(sys::parse_duration_ms("90") == 90'000u);
  CHECK(sys::parse_duration_ms("90s") == 90'000u);
  CHECK(sys::parse_duration_ms("1500ms") == 1500u);
  CHECK(sys::parse_duration_ms("2m") == 120'000u);
  CHECK(sys::parse_duration_ms("1h") == 3'600'000u);
  CHECK(sys::parse_duration_ms("0") == 0u);
  for (const char* wrong : {"", "s", "1d", "1 s", "-1s", "1.5s", "99999999999h", "18446744073709551615"})
    CHECK_MESSAGE(!sys::parse_duration_ms(wrong), wrong);
}

TEST_CASE("split: n separators make n + 1 pieces") {
  CHECK(sys::split("", ',') == std::vector<std::string_view>{""});
  CHECK(sys::split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
}

TEST_CASE("trim: blanks on both sides, and nothing but blanks") {
  CHECK(sys::trim(" \ta b\r\n") == "a b");
  CHECK(sys::trim(" \n ").empty());
  CHECK(sys::trim("").empty());
}

TEST_CASE("printable: what a terminal would act on is escaped") {
  CHECK(sys::printable("plain h\xc3\xa9llo \xf0\x9f\x90\xa7") == "plain h\xc3\xa9llo \xf0\x9f\x90\xa7");
  CHECK(sys::printable("\x1b[2J") == "\\x1b[2J");
  CHECK(sys::printable("a\nb\0c\x7f"s) == "a\\x0ab\\x00c\\x7f");
  CHECK(sys::printable("\xc2\x9b") == "\\xc2\\x9b");                    // C1: a terminal's CSI
  CHECK(sys::printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(sys::printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(sys::printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  CHECK(sys::printable("\xe2\x82") == "\\xe2\\x82");                    // cut short
  CHECK(sys::printable("\xff") == "\\xff");
}

TEST_CASE("printable: never longer than the limit, never half a character") {
  CHECK(sys::printable("12345678", 8) == "12345678");
  CHECK(sys::printable("123456789", 8) == "12345...");
  CHECK(sys::printable("1234\xc3\xa9"
                       "6789",
                       8) == "1234...");
  CHECK(sys::printable("123\n56789", 8) == "123...");
  CHECK(sys::printable("abcdef", 2) == "..");
  CHECK(sys::printable("abcdef", 0).empty());
  CHECK(sys::printable("").empty());
}
