// The files of nodectl run --output, on the real file system and its loop: a regular file cannot be watched.
#include "frontend/nodectl/output_files.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sys/epoll_loop.h"
#include "tests/unit/temporary_directory.h"

namespace {

using transport::StreamName;
using Names = std::vector<std::string>;

struct Setting {
  fakes::TemporaryDirectory folder;
  sys::KernelClock clock;
  std::unique_ptr<sys::Loop> loop = std::move(sys::make_epoll_loop(clock, [](std::string_view) {}).value());
  std::vector<int> broken;
  frontend::OutputFiles files{*loop, folder / "made/here",
                              [this](const sys::Error& error) { broken.push_back(error.code); }};

  std::string content(const std::string& name) const {
    std::ifstream file(folder / "made/here/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

TEST_CASE("output files: each rank has two, emptied, with their folder") {
  Setting at;
  std::filesystem::create_directories(at.folder / "made/here");
  std::ofstream(at.folder / "made/here/n4.out") << "old";
  REQUIRE(at.files.open(Names{"n3", "n4"}));
  at.files.of(0, StreamName::output)->write("three\n");
  at.files.of(1, StreamName::error)->write("four");
  CHECK(at.files.of(2, StreamName::output) == nullptr);
  CHECK(at.content("n3.out") == "three\n");
  CHECK(at.content("n3.err").empty());
  CHECK(at.content("n4.out").empty());
  CHECK(at.content("n4.err") == "four");
  CHECK(at.broken.empty());
}

TEST_CASE("output files: what cannot be written is told once") {
  Setting at;
  std::filesystem::create_directories(at.folder / "made/here");
  std::filesystem::create_symlink("/dev/full", at.folder / "made/here/n3.out");
  REQUIRE(at.files.open(Names{"n3"}));
  for (int i = 0; i < 2; ++i)
    at.files.of(0, StreamName::output)->write("lost");
  CHECK(at.broken == std::vector{ENOSPC});
}

TEST_CASE("output files: a node whose name leads elsewhere has none") {
  for (const char* name : {"", ".", "..", "a/b", "../n3", "/etc/n3"}) {
    Setting at;
    CHECK_FALSE(at.files.open(Names{name}));
  }
}
