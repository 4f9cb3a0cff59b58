#include "frontend/nodemaster/own_places.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <span>
#include <string_view>

#include "content/hash.h"
#include "tests/unit/temporary_directory.h"

namespace {

transport::Content content_of(std::string_view text) {
  content::Hasher hasher;
  hasher.add(std::as_bytes(std::span(text)));
  return {hasher.finish(), text.size()};
}

struct Place {
  fakes::TemporaryDirectory folder;
  std::string path = folder / "tool";
  Place() { std::ofstream(path) << "the tool"; }
  int trouble_with(std::string_view text) const {
    const auto status = frontend::check_places({{path, content_of(text), 0755}}, {::geteuid(), ::getegid(), {}});
    return status ? 0 : status.error().code;
  }
};

}  // namespace

TEST_CASE("own places: a file may be brought to the path where it is, and nothing else") {
  const Place at;
  CHECK(at.trouble_with("the tool") == 0);
  CHECK(at.trouble_with("the fool") == EPERM);
  CHECK(at.trouble_with("the tool, and more") == EPERM);
}

TEST_CASE("own places: the beginning of a file is another file") {
  const Place at;
  CHECK(at.trouble_with("the") == EPERM);
  CHECK(at.trouble_with("") == EPERM);
}
