#include "frontend/common/current_directory.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/temporary_directory.h"

TEST_CASE("current directory: one that has been removed is not the root directory") {
  const fakes::TemporaryDirectory folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "gone");
  REQUIRE(::chdir((folder / "gone").c_str()) == 0);
  CHECK(frontend::find_current_directory().value_or("") == folder / "gone");
  std::filesystem::remove(folder / "gone");
  const auto found = frontend::find_current_directory();
  const auto somewhere = frontend::current_directory();
  std::filesystem::current_path(before);
  REQUIRE_FALSE(found);
  CHECK(found.error().text() == "the current directory is not there any more");
  CHECK(somewhere == "/");
}
