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

TEST_CASE("users and groups by name, by number, and back") {
  CHECK(**sys::find_user("root") == 0);
  CHECK_FALSE(*sys::find_user("no-such-user"));
  CHECK(**sys::find_user_or_id("root") == 0);
  CHECK(**sys::find_user_or_id("4000000000") == 4000000000);
  CHECK(**sys::find_group_or_id("17") == 17);
  for (const char* none : {"4294967295", "-1", "1x", ""})
    CHECK_FALSE(*sys::find_user_or_id(none));
  CHECK(sys::user_name(0) == "root");
  CHECK(sys::group_name(0) == "root");
  CHECK(sys::user_name(3999999999) == "3999999999");
}
