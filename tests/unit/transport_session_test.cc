#include "transport/session.h"

#include <doctest/doctest.h>

#include "transport/messages.h"

using namespace transport;

namespace {

std::string complaint(std::uint16_t number, Side sender, ConnectionKind kind, SessionState state) {
  const auto status = check_legal(number, sender, kind, state);
  return status ? "" : status.error().text();
}

constexpr auto control = ConnectionKind::control;
constexpr auto bulk = ConnectionKind::bulk;
constexpr auto unknown = ConnectionKind::unknown;
constexpr auto greeting = SessionState::greeting;
constexpr auto joined = SessionState::joined;

}  // namespace

TEST_CASE("a new connection begins with a greeting and nothing else") {
  CHECK(complaint(Hello::number, Side::node, unknown, greeting).empty());
  CHECK(complaint(BulkHello::number, Side::node, unknown, greeting).empty());
  CHECK(complaint(Pong::number, Side::node, unknown, greeting) == "Pong may not be sent before the welcome");
  CHECK(complaint(Fetch::number, Side::node, unknown, greeting) == "Fetch may not be sent before the welcome");
  CHECK(complaint(StatusRequest::number, Side::node, unknown, greeting) == "StatusRequest may not be sent by a node");
}

TEST_CASE("after the greeting there is no second one") {
  CHECK(complaint(Hello::number, Side::node, control, joined) == "Hello may not be sent after the welcome");
  CHECK(complaint(Welcome::number, Side::front_end, control, joined) == "Welcome may not be sent after the welcome");
  CHECK(complaint(Pong::number, Side::node, control, joined).empty());
}

TEST_CASE("each side and each connection has its own messages") {
  CHECK(complaint(Launch::number, Side::node, control, joined) == "Launch may not be sent by a node");
  CHECK(complaint(Launch::number, Side::front_end, control, joined).empty());
  CHECK(complaint(Launch::number, Side::front_end, bulk, joined) == "Launch may not be sent on a bulk connection");
  CHECK(complaint(Fetch::number, Side::node, control, joined) == "Fetch may not be sent on a control connection");
  CHECK(complaint(Fetch::number, Side::node, bulk, joined).empty());
  CHECK(complaint(RunRequest::number, Side::command, ConnectionKind::command, joined).empty());
  CHECK(complaint(RunRequest::number, Side::front_end, ConnectionKind::command, joined) ==
        "RunRequest may not be sent by the front end");
  CHECK(complaint(77, Side::node, control, joined) == "message 77 may not be sent by a node");
}

TEST_CASE("a refusal may come at any time, on both connections of a node") {
  for (const auto kind : {control, bulk}) {
    for (const auto state : {greeting, joined})
      CHECK(complaint(Refused::number, Side::front_end, kind, state).empty());
  }
}
