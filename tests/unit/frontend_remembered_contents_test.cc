// A program that has not changed is read once, and one that has is read again.
#include "frontend/common/remembered_contents.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "content/hash.h"
#include "sys/accounts.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/faults.h"
#include "tests/unit/frontend_program_folder.h"

namespace {

using frontend::RememberedContents;

constexpr const char* memory = "/var/cache/nodeinit/known-files";

// Programs are real files, whose times the kernel sets; what is remembered of them is in memory.
struct Site {
  Site() { REQUIRE(clock.set_wall(sys::WallTime(std::chrono::hours(24 * 365 * 200)))); }  // long after
  // By one run of nodectl.
  transport::Content of(const std::string& path) {
    RememberedContents contents(files, clock, memory);
    const auto content = contents.of(path);
    REQUIRE(content);
    contents.save();
    return *content;
  }
  // Puts a hash that no file has in the place of what is remembered.
  void falsify() {
    std::string records = files.content(memory);
    REQUIRE(records.size() == 64);
    records.back() = static_cast<char>(records.back() ^ 1);
    const auto facts = files.facts(memory);
    files.put(memory, records, 0600);
    REQUIRE(files.set_owner(memory, {(**facts).uid, (**facts).gid, 0600}));
  }
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeFiles files{faults};
  fakes::ProgramFolder programs;
  std::string program = programs.add("program", "content");
  transport::Content real = *content::hash_file(program);
};

}  // namespace

TEST_CASE("remembered contents: what a file contains is found without reading it") {
  Site site;
  CHECK(site.of(site.program).hash == site.real.hash);
  CHECK(site.of(site.program).size == 7);
  site.falsify();
  CHECK(site.of(site.program).hash != site.real.hash);
}

TEST_CASE("remembered contents: a file that has changed, or another one in its place, is read") {
  Site site;
  site.of(site.program);
  site.falsify();
  std::ofstream(site.program, std::ios::binary) << "CONTENT";
  CHECK(site.of(site.program).hash == content::hash_file(site.program)->hash);
  std::filesystem::rename(site.programs.add("other", "cONTENT"), site.program);
  CHECK(site.of(site.program).hash == content::hash_file(site.program)->hash);
}

TEST_CASE("remembered contents: one that has only just changed is not remembered") {
  Site site;
  RememberedContents contents(site.files, site.clock, memory);
  REQUIRE(site.clock.set_wall(sys::WallTime(std::chrono::seconds(1))));  // before it was made
  REQUIRE(contents.of(site.program));
  contents.save();
  CHECK(site.files.content(memory).empty());
}

TEST_CASE("remembered contents: what somebody else may have written is not believed") {
  Site site;
  site.of(site.program);
  site.falsify();
  REQUIRE(site.files.set_owner(memory, {sys::own_user() + 1, 0, 0600}));
  CHECK(site.of(site.program).hash == site.real.hash);
  site.falsify();
  REQUIRE(site.files.set_owner(memory, {sys::own_user(), 0, 0620}));
  CHECK(site.of(site.program).hash == site.real.hash);
}

TEST_CASE("remembered contents: without a place, or with one that cannot be written, files are read each time") {
  Site site;
  RememberedContents nowhere(site.files, site.clock, "");
  CHECK(nowhere.of(site.program)->hash == site.real.hash);
  nowhere.save();
  site.files.put("/var", "in the way");
  CHECK(site.of(site.program).hash == site.real.hash);
}

TEST_CASE("remembered contents: what is not there, or no regular file, is an error") {
  Site site;
  RememberedContents contents(site.files, site.clock, memory);
  CHECK(!contents.of(site.programs / "absent"));
  CHECK(!contents.of(site.programs / "."));
}
