#include "nodeinit/uplink.h"

#include <utility>
#include <variant>

#include "sys/text.h"
#include "transport/secure_channel.h"

namespace node {

namespace {

using transport::Ping;
using transport::Refused;
using transport::Welcome;

std::string other_version(std::uint16_t theirs) {
  return sys::cat("the front end speaks protocol version ", theirs, " and this node version ",
                  transport::protocol_version, ": boot the node with an image of the front end's release");
}

}  // namespace

Uplink::Uplink(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, std::function<std::uint64_t()> random,
               crypto::Random random_key, Hooks hooks)
    : hooks_(std::move(hooks)),
      random_key_(std::move(random_key)),
      silence_(loop),
      control_(loop, sockets, log, random, "front end", transport::ConnectionKind::control, control_hooks()),
      bulk_(loop, sockets, log, random, "front end (bulk)", transport::ConnectionKind::bulk, bulk_hooks()) {}

std::unique_ptr<transport::Channel> Uplink::make_channel() const {
  return transport::make_node_channel(keys_, random_key_);
}

Line::Hooks Uplink::control_hooks() {
  return {
      .channel = [this] { return make_channel(); },
      .greeting = [this] { return hooks_.hello(); },
      .begun = [this] { expect_word(greeting_limit); },
      .message = [this](std::uint64_t request, transport::Message message) { on_control(request, std::move(message)); },
      .ended = [this](const std::string& why) { on_control_ended(why); },
      .drained = [this] { hooks_.drained(); }};
}

Line::Hooks Uplink::bulk_hooks() {
  return {
      .channel = [this] { return make_channel(); },
      .greeting =
          [this] {
            return transport::BulkHello{welcome_.node, welcome_.bulk_token};
          },
      .begun = [this] { on_bulk_begun(); },
      .message = [this](std::uint64_t request, transport::Message message) { on_bulk(request, std::move(message)); },
      .ended = [this](const std::string&) { hooks_.bulk(false); },
      .drained = [this] { hooks_.bulk_drained(); }};
}

void Uplink::start(sys::TcpAddress front_end, const transport::PinnedKeys& keys) {
  front_end_ = front_end;
  keys_ = keys;
  control_.open(front_end);
}

void Uplink::send(const transport::Message& message, std::uint64_t request) {
  if (joined_) control_.send(message, request);
}

void Uplink::send_bulk(const transport::Message& message) {
  if (bulk_.is_open()) bulk_.send(message);
}

void Uplink::on_control(std::uint64_t request, transport::Message message) {
  if (const auto* welcome = std::get_if<Welcome>(&message)) return on_welcome(*welcome);
  if (const auto* refused = std::get_if<Refused>(&message)) return on_refused(control_, *refused);
  if (joined_) expect_word(std::chrono::milliseconds(welcome_.silence_limit_ms));
  hooks_.message(request, std::move(message));
}

void Uplink::on_welcome(const Welcome& welcome) {
  if (welcome.version != transport::protocol_version) return control_.fail(other_version(welcome.version));
  if (welcome.silence_limit_ms < welcome.ping_interval_ms || welcome.ping_interval_ms == 0) {
    return control_.fail("refused: the front end's Welcome names a silence limit below its ping interval");
  }
  welcome_ = welcome;
  joined_ = true;
  control_.recognised();
  expect_word(std::chrono::milliseconds(welcome.silence_limit_ms));
  hooks_.joined(welcome);
  bulk_.open(front_end_);
}

void Uplink::on_refused(Line& line, const Refused& refused) {
  line.fail(refused.version != transport::protocol_version
                ? other_version(refused.version)
                : sys::cat("the front end refuses this node: ", sys::printable(refused.reason)));
}

void Uplink::on_control_ended(const std::string& why) {
  silence_.cancel();
  if (!std::exchange(joined_, false)) return hooks_.trouble(why);
  bulk_.shut();
  hooks_.bulk(false);
  hooks_.lost(why);
}

// Nothing answers a BulkHello: the front end takes it, or closes.
void Uplink::on_bulk_begun() {
  bulk_.recognised();
  hooks_.bulk(true);
}

void Uplink::on_bulk(std::uint64_t request, transport::Message message) {
  if (const auto* refused = std::get_if<Refused>(&message)) return on_refused(bulk_, *refused);
  hooks_.message(request, std::move(message));
}

void Uplink::expect_word(sys::Duration within) {
  silence_.set(within, [this, within] {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(within).count();
    control_.fail(sys::cat("the front end has said nothing for ", ms, " ms"));
  });
}

}  // namespace node
