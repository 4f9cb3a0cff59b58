#include "nodeinit/boot_record.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/fakes/fake_clock.h"

using namespace std::chrono_literals;
using transport::Outcome;

namespace {

struct Record {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  node::BootRecord record{clock, clock.now()};
};

}  // namespace

TEST_CASE("boot record: a phase ends when the next begins, with the times of both") {
  Record test;
  test.record.enter_phase("start");
  test.clock.advance(5ms);
  test.record.enter_phase("hardware");
  REQUIRE(test.record.entries().size() == 2);
  CHECK(test.record.entries()[0].outcome == Outcome::done);
  CHECK(test.record.entries()[0].end_us == 5000);
  CHECK(test.record.entries()[1].outcome == Outcome::running);
  CHECK(test.record.entries()[1].start_us == 5000);
  CHECK(test.record.entries()[1].end_us == 0);
}

TEST_CASE("boot record: only what is new or changed is sent, and all of it again to another front end") {
  Record test;
  CHECK_FALSE(test.record.changes());
  test.record.enter_phase("start");
  const auto detail = test.record.begin("detail");
  REQUIRE(test.record.changes());
  CHECK_FALSE(test.record.changes());

  test.record.end(detail, Outcome::failed, "because");
  const auto changed = test.record.changes();
  REQUIRE(changed);
  CHECK(changed->first == 1);
  REQUIRE(changed->entries.size() == 1);
  CHECK(changed->entries[0].reason == "because");

  test.record.forget_sent();
  REQUIRE(test.record.changes()->entries.size() == 2);
}

TEST_CASE("boot record: what is under way can say how it goes, until it has ended") {
  Record test;
  const auto step = test.record.begin("setup: home");
  REQUIRE(test.record.changes());
  test.record.remark(step, "attempt 2");
  const auto changes = test.record.changes();
  REQUIRE(changes);
  CHECK(changes->entries.at(0).reason == "attempt 2");
  CHECK(changes->entries.at(0).outcome == Outcome::running);
  test.record.end(step, Outcome::done, "mounted");
  CHECK(test.record.entries()[0].reason == "mounted");
  test.record.remark(17, "what was left out");
  CHECK(test.record.entries().size() == 1);
}

TEST_CASE("boot record: every change is told") {
  Record test;
  int told = 0;
  test.record.on_change([&] { ++told; });
  test.record.enter_phase("start");
  test.record.note("detail", Outcome::ignored, "x");
  CHECK(told == 3);  // begun, begun, ended
}

TEST_CASE("boot record: it is bounded, counts what it leaves out, and always has room for phases") {
  Record test;
  for (int i = 0; i < 1000; ++i)
    test.record.note(sys::cat("detail ", i), Outcome::failed, "again");
  CHECK(test.record.entries().size() == node::BootRecord::detail_capacity + 1);
  CHECK(test.record.entries().back().name == "776 more");
  for (int i = 0; i < 1000; ++i)
    test.record.enter_phase(sys::cat("phase ", i));
  CHECK(test.record.entries().size() == node::BootRecord::capacity);
  CHECK(test.record.entries().back().name == "phase 999");
}

TEST_CASE("boot record: names and reasons are cut and made printable") {
  Record test;
  test.record.note(std::string(5000, 'n'), Outcome::failed, std::string(5000, '\n'));
  CHECK(test.record.entries()[0].name.size() <= node::BootRecord::text_limit);
  CHECK(test.record.entries()[0].reason.size() <= node::BootRecord::text_limit);
  CHECK(test.record.entries()[0].reason.find('\n') == std::string::npos);
}

TEST_CASE("boot record: once closed it stays as it is") {
  Record test;
  test.record.note("up", Outcome::done);
  test.record.close();
  test.record.enter_phase("join");
  test.record.note("detail", Outcome::done);
  test.record.end_phase(Outcome::failed, "x");
  CHECK(test.record.entries().size() == 1);
}
