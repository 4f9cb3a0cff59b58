#include "sys/accounts.h"

#include <doctest/doctest.h>

TEST_CASE("groups are found by their names, and what is none is not") {
  const auto root = sys::find_group("root");
  REQUIRE(root);
  CHECK(*root == 0);
  for (const char* none : {"no-such-group", "", "root:", "roo", "root\n"}) {
    const auto found = sys::find_group(none);
    REQUIRE(found);
    CHECK_FALSE(*found);
  }
}
