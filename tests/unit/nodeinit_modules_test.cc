#include "nodeinit/modules.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_machine.h"

using transport::Outcome;

namespace {

constexpr char modules_dep[] =
    "kernel/net/virtio_net.ko: kernel/net/net_failover.ko kernel/net/failover.ko\n"
    "kernel/net/net_failover.ko: kernel/net/failover.ko\n"
    "kernel/net/failover.ko:\n"
    "kernel/net/snd-dummy.ko:\n"
    "kernel/net/packed.ko.xz:\n";

struct Loader {
  Loader() { files.put("/lib/modules/6.1.0-fake/modules.dep", modules_dep); }
  std::vector<node::ModuleReport> load(std::vector<std::string> names) {
    return node::load_modules(files, machine, names);
  }

  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  fakes::FakeMachine machine{faults};
};

}  // namespace

TEST_CASE("modules: loaded with what they need, each under its full path") {
  Loader test;
  const auto reports = test.load({"virtio_net"});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].outcome == Outcome::done);
  CHECK(reports[0].reason == "with failover, net_failover");
  REQUIRE(test.machine.modules.size() == 3);
  CHECK(test.machine.modules[0].first == "/lib/modules/6.1.0-fake/kernel/net/failover.ko");
}

TEST_CASE("modules: one that is there, missing or compressed is reported, the others are loaded") {
  Loader test;
  test.files.put_directory("/sys/module/builtin_one");
  const auto reports = test.load({"builtin-one", "nosuch", "packed", "failover"});
  REQUIRE(reports.size() == 4);
  CHECK(reports[0].outcome == Outcome::skipped);
  CHECK(reports[1].outcome == Outcome::failed);
  CHECK(reports[1].reason.find("not in the image's modules.dep") == 0);
  CHECK(reports[2].outcome == Outcome::failed);
  CHECK(reports[2].reason.find("compressed") != std::string::npos);
  CHECK(reports[3].outcome == Outcome::done);
}

TEST_CASE("modules: without modules.dep each says so") {
  Loader test;
  REQUIRE(test.files.remove("/lib/modules/6.1.0-fake/modules.dep"));
  const auto reports = test.load({"virtio_net"});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].reason.find("modules.dep") != std::string::npos);
}

TEST_CASE("modules: a report survives the way from the worker, a broken one is refused") {
  const std::vector<node::ModuleReport> reports = {{"a", Outcome::done, ""}, {"b", Outcome::failed, "why"}};
  const std::string text = node::encode_reports(reports);
  const auto back = node::decode_reports(std::as_bytes(std::span(text)));
  REQUIRE(back);
  REQUIRE(back->size() == 2);
  CHECK((*back)[1].name == "b");
  CHECK((*back)[1].outcome == Outcome::failed);
  CHECK((*back)[1].reason == "why");
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const auto part = node::decode_reports(std::as_bytes(std::span(text).first(cut)));
    CHECK((!part || part->size() < 2));
  }
  const std::string wild(
      "a\0"
      "9\0"
      "x\0",
      6);
  CHECK_FALSE(node::decode_reports(std::as_bytes(std::span(wild))));
}
