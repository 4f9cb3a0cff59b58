#include "sys/toml_guard.h"

#include <doctest/doctest.h>

namespace {

bool passes(std::string_view text) { return !sys::toml_trouble(text); }
unsigned line_of_trouble(std::string_view text) {
  const auto trouble = sys::toml_trouble(text);
  return trouble ? trouble->line : 0;
}

std::string dots(std::size_t count) {
  std::string text = "a";
  for (std::size_t i = 0; i < count; ++i)
    text += ".a";
  return text;
}

}  // namespace

TEST_CASE("toml guard: what people write passes") {
  CHECK(passes(""));
  CHECK(passes("name = \"caf\xc3\xa9\"\r\n\tpath = '/home/jos\xc3\xa9' # \xc4\x83\n[a.b]\n"));
  CHECK(passes("a = \"\"\"\nmore # than \"one\" line\"\"\"\"\"\nb = 1"));
  CHECK(passes("a = \"\\\"\xc3\xa9\\\\\"\n"));
  CHECK(passes("a = \"10.9.0.1 10.9.0.2 10.9.0.3 10.9.0.4 10.9.0.5 10.9.0.6\""));
}

TEST_CASE("toml guard: letters that are not ASCII where toml++ would take them for blanks") {
  CHECK(line_of_trouble("\xc4\x83\n") == 1);
  CHECK(line_of_trouble("a = 1\nb = \xc3\xa9\n") == 2);
  CHECK(line_of_trouble("a = \"x\" \xc3\xa9") == 1);
  CHECK(line_of_trouble("a = \"\\\\\"\xc3\xa9") == 1);
  CHECK(line_of_trouble("a = \"x\n\xc3\xa9\"") == 2);
  CHECK(line_of_trouble("a = \"\"\"\n\\\n \xc3\xa9\"\"\"") == 3);
  CHECK(line_of_trouble("a = '\\'\xc3\xa9") == 1);
}

TEST_CASE("toml guard: a quotation mark where no string can begin hides nothing") {
  CHECK(line_of_trouble("a = 0.5x'\xc4\x90'") == 1);
  CHECK(line_of_trouble("\na'\xc4\x90' = 1") == 2);
  CHECK(line_of_trouble("a = 'x''y'") == 1);
  CHECK(line_of_trouble("a = 17x$\"b'c\xc5\xbc") == 1);
  for (const char c : std::string_view(";$%&*/!?@:|~]})"))
    CHECK_MESSAGE(line_of_trouble(std::string("a = 1") + c + "'x'") == 1, c);
  CHECK(passes("a.'b' = ['x','y', \"z\"]\n'c' = {'d'='e'}\n\t'f'=''\n"));
}

TEST_CASE("toml guard: bytes that are no text") {
  for (const char* wrong : {"\xff", "a = \"\xc4\"", "# \xed\xa0\x80", "a = \"\x01\"", "\x7f"})
    CHECK_MESSAGE(line_of_trouble(wrong) == 1, wrong);
  CHECK(line_of_trouble(std::string_view("a\0", 2)) == 1);
}

TEST_CASE("toml guard: tables nested so deep that toml++ would run out of stack") {
  CHECK(passes(dots(16) + " = 1\n" + dots(16) + " = 1\n"));
  CHECK(line_of_trouble(dots(17) + " = 1\n") == 1);
  CHECK(line_of_trouble("\n[" + dots(200000) + "]") == 2);
}
