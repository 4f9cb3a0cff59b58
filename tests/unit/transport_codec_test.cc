#include "transport/codec.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/transport_samples.h"

using namespace transport;

namespace {

std::string refusal_of(std::uint16_t number, const Bytes& body) {
  const auto message = decode(number, body);
  return message ? "" : message.error().text();
}

std::string refusal_to_encode(const Message& message) {
  Bytes out = samples::bytes_of("before");
  const auto status = encode(message, out);
  CHECK(out == samples::bytes_of("before"));
  return status ? "" : status.error().text();
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes little(std::uint64_t value, std::size_t width) {
  Bytes out;
  for (std::size_t i = 0; i < width; ++i)
    out.push_back(static_cast<std::byte>(value >> (8 * i)));
  return out;
}

}  // namespace

TEST_CASE("every message has a sample, its own number and a name") {
  const auto all = samples::one_of_each();
  CHECK(all.size() == std::variant_size_v<Message>);
  std::set<std::uint16_t> numbers;
  for (const Message& message : all) {
    numbers.insert(number_of(message));
    CHECK(name_of_number(number_of(message)).find(' ') == std::string::npos);
  }
  CHECK(numbers.size() == all.size());
  CHECK(name_of_number(Hello::number) == "Hello");
  CHECK(name_of_number(Failure::number) == "Failure");
  CHECK(name_of_number(77) == "message 77");
}

TEST_CASE("every message survives the way to bytes and back") {
  for (const Message& message : samples::one_of_each()) {
    CAPTURE(name_of_number(number_of(message)));
    const Bytes body = samples::body_of(message);
    const auto back = decode(number_of(message), body);
    REQUIRE(back);
    CHECK(back->index() == message.index());
    CHECK(samples::body_of(*back) == body);
  }
}

TEST_CASE("fields arrive where they belong") {
  const auto launch = std::get<Launch>(*decode(Launch::number, samples::body_of(samples::launch())));
  CHECK(launch.job == 7);
  CHECK(launch.rank == 2);
  CHECK(launch.pid == 4711);
  CHECK(launch.program == "/usr/bin/uname");
  CHECK(launch.arguments == std::vector<std::string>{"uname", "-a", ""});
  CHECK(launch.environment == std::vector<std::string>{"PATH=/bin", "LANG=C"});
  CHECK(launch.directory == "/home/user");
  CHECK(launch.uid == 1000);
  CHECK(launch.gid == 100);
  CHECK(launch.groups == std::vector<std::uint32_t>{100, 27});
  CHECK(launch.umask == 027);
  CHECK(launch.output_credit == 65536);
  REQUIRE(launch.files.size() == 2);
  CHECK(launch.files[1].path == "/lib64/ld-linux-x86-64.so.2");
  CHECK(launch.files[1].content.size == 210000);
  CHECK(launch.files[1].content.hash == samples::launch().files[1].content.hash);
  CHECK(launch.files[1].mode == 0755);

  const auto setup = std::get<Setup>(*decode(Setup::number, samples::body_of(samples::setup_with_every_step())));
  REQUIRE(setup.steps.size() == std::variant_size_v<Action>);
  for (std::size_t i = 0; i < setup.steps.size(); ++i)
    CHECK(setup.steps[i].action.index() == i);
  CHECK(std::get<MountStep>(setup.steps[0].action).options == "size=64m,mode=1777");
  CHECK(setup.steps[0].timeout_ms == 30000);
  CHECK(setup.steps[1].on_failure == OnFailure::go_on);
  CHECK(std::get<DeviceStep>(setup.steps[2].action).devices.at(0).gid == 5);
  CHECK(std::get<RunStep>(setup.steps[6].action).files.size() == 2);
}

TEST_CASE("negative numbers survive") {
  const auto end =
      std::get<ProcessEnd>(*decode(ProcessEnd::number, samples::body_of(ProcessEnd{1, 2, -3, -4, -5, -6, 3})));
  CHECK(end.status == -3);
  CHECK(end.user_us == -4);
  CHECK(end.max_rss_kib == -6);
}

TEST_CASE("elements that are as small as they can be are accepted") {
  const auto step_of = [](Action action) { return Setup{.steps = {{.name = "", .action = std::move(action)}}}; };
  for (const Action& action :
       {Action(FileStep{std::vector<TreeEntry>(3, {"", DirectoryMark{}})}),
        Action(DeviceStep{std::vector<DeviceEntry>(3)}), Action(ModuleStep{std::vector<ModuleEntry>(3)}),
        Action(SysctlStep{std::vector<SysctlEntry>(3)}), Action(InterfaceStep{.routes = std::vector<Route>(3)}),
        Action(LimitsStep{std::vector<LimitEntry>(3)})})
    CHECK(decode(Setup::number, samples::body_of(step_of(action))));
  CHECK(decode(ServicesReply::number, samples::body_of(ServicesReply{0, "", std::vector<ServiceStatus>(3)})));
  CHECK(decode(PlanReply::number, samples::body_of(PlanReply{{}, false, std::vector<PlannedStep>(3), {}})));
  CHECK(decode(PlanReply::number, samples::body_of(PlanReply{{}, false, {}, std::vector<PlanProblem>(3)})));
  CHECK(decode(BootRecord::number, samples::body_of(BootRecord{0, std::vector<BootEntry>(3)})));
  CHECK(decode(LogLines::number, samples::body_of(LogLines{0, std::vector<LogEntry>(3)})));
  CHECK(decode(StatusReply::number, samples::body_of(StatusReply{std::vector<NodeStatus>(3), true})));
  CHECK(decode(Launch::number, samples::body_of(Launch{.files = std::vector<FileEntry>(3)})));
  CHECK(decode(Launch::number, samples::body_of(Launch{.arguments = std::vector<std::string>(3)})));
  CHECK(decode(Setup::number, samples::body_of(Setup{.steps = {{.name = "", .action = FileStep{}}}})));
}

TEST_CASE("a message that is cut short anywhere is refused") {
  for (const Message& message : samples::one_of_each()) {
    const Bytes body = samples::body_of(message);
    CAPTURE(name_of_number(number_of(message)));
    for (std::size_t size = 0; size < body.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(decode(number_of(message), std::span(body).first(size)));
    }
  }
}

TEST_CASE("bytes left over are refused") {
  for (const Message& message : samples::one_of_each()) {
    Bytes body = samples::body_of(message);
    body.push_back(std::byte{0});
    CHECK(refusal_of(number_of(message), body) == name_of_number(number_of(message)) + ": 1 bytes too many");
  }
}

TEST_CASE("a number that nobody has is refused") { CHECK(refusal_of(77, {}) == "there is no message 77"); }

TEST_CASE("what is out of range is refused, and named") {
  Bytes body = samples::body_of(SetupDone{5, true, ""});
  body[8] = std::byte{2};
  CHECK(refusal_of(SetupDone::number, body) == "SetupDone: truth value is 2, the last known is 1");

  body = samples::body_of(Power{});
  body[0] = std::byte{9};
  CHECK(refusal_of(Power::number, body) == "Power: change is 9, the last known is 1");

  body = samples::body_of(Setup{.steps = {{.name = "", .action = FileStep{}}}});
  body[body.size() - 13] = std::byte{14};  // before its `after`, and what is spared
  CHECK(refusal_of(Setup::number, body) == "Setup: alternative is 14, the last known is 13");
}

TEST_CASE("a claim above the cap, or above what is left, is refused") {
  CHECK(refusal_of(Refused::number, joined({little(protocol_version, 2), little(0xffffffff, 4)})) ==
        "Refused: reason claims 4294967295, at most 2048 are allowed");
  CHECK(refusal_of(Refused::number, joined({little(protocol_version, 2), little(2048, 4), samples::bytes_of("xy")})) ==
        "Refused: reason claims 2048, more than the 2 bytes left can hold");
  CHECK(refusal_of(BootRecord::number, joined({little(0, 4), little(2, 4), Bytes(49)})) ==
        "BootRecord: entries claims 2, more than the 49 bytes left can hold");
}

TEST_CASE("a message of our own that breaks a cap is refused by name") {
  CHECK(refusal_to_encode(Launch{.program = std::string(4097, 'x')}) ==
        "Launch: program has 4097, at most 4096 are allowed");
  CHECK(refusal_to_encode(Launch{.arguments = std::vector<std::string>(65537)}) ==
        "Launch: arguments has 65537, at most 65536 are allowed");
  CHECK(refusal_to_encode(Launch{.arguments = {"ok", std::string(131073, 'x')}}) ==
        "Launch: arguments has 131073, at most 131072 are allowed");
  CHECK(refusal_to_encode(Block{.data = Bytes((1u << 20) + 1)}) ==
        "Block: data has 1048577, at most 1048576 are allowed");
}

TEST_CASE("a reason that is too long is cut, not refused") {
  const auto back = decode(Refused::number, samples::body_of(Refused{protocol_version, std::string(5000, 'x')}));
  REQUIRE(back);
  CHECK(std::get<Refused>(*back).reason == std::string(2048, 'x'));
}

TEST_CASE("of a greeting of another version only the version is read") {
  const Bytes body = joined({little(99, 2), samples::bytes_of("whatever version 99 has to say")});
  const auto hello = decode(Hello::number, body);
  REQUIRE(hello);
  CHECK(std::get<Hello>(*hello).version == 99);
  CHECK(std::get<Hello>(*hello).interface.empty());
  CHECK(std::get<Welcome>(*decode(Welcome::number, body)).version == 99);
  CHECK(std::get<Refused>(*decode(Refused::number, body)).version == 99);
  CHECK_FALSE(decode(Hello::number, std::span(body).first(1)));
}
