#include "frontend/nodemaster/toml_file.h"

#include <doctest/doctest.h>

TEST_CASE("configuration: what toml++ does not survive is a problem in a line") {
  for (const char* text : {"a = 1\n\xc4\x83\n", "a = 1\n\"\xff\" = 2\n", "a = 1\n.................a"}) {
    frontend::Problems problems;
    CHECK_FALSE(frontend::parse_toml(text, "cluster.toml", problems));
    REQUIRE(problems.sorted().size() == 1);
    CHECK(problems.sorted()[0].text().find("cluster.toml:2: ") == 0);
  }
}

TEST_CASE("configuration: text in other letters is text where text may be") {
  frontend::Problems problems;
  const auto table = frontend::parse_toml("name = \"caf\xc3\xa9\"  # \xc4\x83\n", "cluster.toml", problems);
  REQUIRE(table);
  CHECK(std::get<std::string>(table->at(0).value.data) == "caf\xc3\xa9");
}

TEST_CASE("configuration: keys that begin with a dot do not end the program") {
  for (const char* text : {"[.a]", "[[.a]]", "[a..b]", "a..b = 1", ".a = 1", "a = {.b = 1}", "a = {b..c = 1}"}) {
    frontend::Problems problems;
    CHECK_FALSE(frontend::parse_toml(text, "cluster.toml", problems));
  }
}
