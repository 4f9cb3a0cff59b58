// Limits of what is started on the node.
#include "process/limits.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/in_namespace.h"

namespace {

using Set = std::vector<sys::Limit>;

// Lower than what this test has itself, so that nobody's privileges matter.
struct Node {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  sys::Log log{clock};
  process::Limits limits{log};
};

transport::LimitsStep step(std::uint64_t files, std::uint64_t core) {
  return {{{RLIMIT_NOFILE, files, files}, {RLIMIT_CORE, 0, core}}};
}

}  // namespace

TEST_CASE("limits are in force once they are set, and the same again are no change") {
  Node node;
  CHECK(node.limits.in_force().empty());
  CHECK(node.limits.set(step(64, 0)).value() == "nofile 64, core 0");
  CHECK(node.limits.in_force() == Set{{RLIMIT_NOFILE, 64, 64}, {RLIMIT_CORE, 0, 0}});
  CHECK(node.limits.set(step(64, 0)).value() == "");
  CHECK(node.limits.set(step(65, 0)).value() == "nofile 65");
  CHECK(node.limits.in_force() == Set{{RLIMIT_NOFILE, 65, 65}, {RLIMIT_CORE, 0, 0}});
}

TEST_CASE("limits that no step names any more are the default again") {
  Node node;
  REQUIRE(node.limits.set(step(64, 0)));
  node.limits.keep_only({RLIMIT_NOFILE, RLIMIT_STACK});
  CHECK(node.limits.in_force() == Set{{RLIMIT_NOFILE, 64, 64}});
  node.limits.keep_only({});
  CHECK(node.limits.in_force().empty());
}

TEST_CASE("limits that are none, or that the kernel refuses, change nothing") {
  Node node;
  REQUIRE(node.limits.set(step(64, 0)));
  const auto refused = [&](const transport::LimitEntry& entry, const std::string& why) {
    auto wanted = step(65, 0);
    wanted.limits.push_back(entry);
    const auto result = node.limits.set(wanted);
    REQUIRE_FALSE(result);
    CHECK_MESSAGE(result.error().text().find(why) != std::string::npos, result.error().text());
    CHECK(node.limits.in_force() == Set{{RLIMIT_NOFILE, 64, 64}, {RLIMIT_CORE, 0, 0}});
  };
  refused({200, 0, 0}, "there is no limit number 200");
  refused({RLIMIT_STACK, 5, 4}, "limit stack 5:4: the soft one is the larger");
  // More than fs.nr_open is for nobody.
  const auto before = sys::current_limit(RLIMIT_NOFILE);
  refused({RLIMIT_NOFILE, 1ull << 40, 1ull << 40}, "set limit nofile 1099511627776");
  CHECK(sys::current_limit(RLIMIT_NOFILE).value() == before.value());
}

TEST_CASE("limits have names and are told in words") {
  CHECK(sys::find_limit("nofile")->resource == RLIMIT_NOFILE);
  CHECK(sys::find_limit("memlock")->bytes);
  CHECK(sys::find_limit(std::string_view("files")) == nullptr);
  CHECK(sys::limit_names().starts_with("as, core, cpu, "));
  CHECK(sys::describe({RLIMIT_CORE, 0, sys::unlimited}) == "core 0:unlimited");
  CHECK(sys::describe({RLIMIT_MEMLOCK, sys::unlimited, sys::unlimited}) == "memlock unlimited");
}

TEST_CASE("limits: a process has those of its owner, where no step has set others") {
  Node node;
  REQUIRE(node.limits.set(step(64, 0)));
  CHECK(node.limits.with({{RLIMIT_NOFILE, 100, 200}, {RLIMIT_STACK, 5, 6}, {200, 1, 1}}, 0) ==
        Set{{RLIMIT_NOFILE, 64, 64}, {RLIMIT_CORE, 0, 0}, {RLIMIT_STACK, 5, 6}});
  const auto own = sys::current_limit(RLIMIT_NOFILE).value();
  CHECK(Node().limits.with({{RLIMIT_NOFILE, 5, 1ull << 40}}, 0) == Set{{RLIMIT_NOFILE, 5, own.hard}});
  CHECK(node.limits.with({{RLIMIT_NOFILE, 10, 20}}, 0) == Set{{RLIMIT_NOFILE, 64, 64}, {RLIMIT_CORE, 0, 0}});
  CHECK(node.limits.with({{RLIMIT_STACK, 5, 6}, {RLIMIT_STACK, 7, 8}}, 0).size() == 3);
  CHECK(node.limits.in_force() == Set{{RLIMIT_NOFILE, 64, 64}, {RLIMIT_CORE, 0, 0}});
}

// Privileges do matter here: where the test may not raise limits (CAP_SYS_RESOURCE), root is refused as others are.
TEST_CASE(
    "limits: whatever its owner says that he has, only root's process gets more of what guards others than this one "
    "may have") {
  fakes::check_in_namespace(0, []() -> std::string {
    EXPECT(sys::set_limit({RLIMIT_MSGQUEUE, 50, 100}));
    Node node;
    const auto given = [&](std::uint64_t soft, std::uint64_t hard, std::uint32_t uid) {
      return node.limits.with({{RLIMIT_MSGQUEUE, soft, hard}}, uid);
    };
    EXPECT((given(60, sys::unlimited, 1000) == Set{{RLIMIT_MSGQUEUE, 60, 100}}));
    EXPECT((given(sys::unlimited, sys::unlimited, 1000) == Set{{RLIMIT_MSGQUEUE, 100, 100}}));
    EXPECT((given(60, 70, 1000) == Set{{RLIMIT_MSGQUEUE, 60, 70}}));
    const sys::Limit more{RLIMIT_MSGQUEUE, 200, 300};
    EXPECT((given(200, 300, 0) == (sys::try_limit(more) ? Set{more} : Set{{RLIMIT_MSGQUEUE, 100, 100}})));
    EXPECT((node.limits.with({{RLIMIT_CORE, 0, 1}}, 1000) == Set{{RLIMIT_CORE, 0, 1}}));
    EXPECT((sys::current_limit(RLIMIT_MSGQUEUE).value() == sys::Limit{RLIMIT_MSGQUEUE, 50, 100}));
    return {};
  });
}
