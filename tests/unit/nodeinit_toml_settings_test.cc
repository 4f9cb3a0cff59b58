#include "nodeinit/toml_settings.h"

#include <doctest/doctest.h>

#include "nodeinit/records.h"

TEST_CASE("nodeinit.toml: what toml++ does not survive is a problem in a line") {
  for (const char* text : {"a = 1\n\xc4\x83\n", "a = 1\n\"\xff\" = 2\n", "a = 1\n.................a"}) {
    const std::string records = node::flatten_toml(text);
    const auto fields = node::split_fields(std::as_bytes(std::span(records)), 3);
    REQUIRE(fields);
    REQUIRE(fields->size() == 3);
    CHECK(fields->at(0) == "2");
    CHECK(fields->at(1).empty());
  }
}
