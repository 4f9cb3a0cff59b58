#include "ends.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "sys/text.h"

namespace bench {

namespace {

constexpr std::uint32_t loopback = 0x7f000001;
constexpr unsigned silence_ms = 20'000;
// As nodemaster has it for bulk: the next block when the one before has left.
constexpr transport::ConnectionLimits limits = {.body = transport::max_body, .output_high = 1};

crypto::Secret secret_of(std::uint8_t byte) {
  crypto::Secret secret;
  std::ranges::fill(secret.bytes(), byte);
  return secret;
}

}  // namespace

void give_up(std::string_view reason) {
  static_cast<void>(std::fputs(sys::cat("channel_load: ", reason, '\n').c_str(), stderr));
  std::exit(1);
}

void must(const sys::Status& status) {
  if (!status) give_up(status.error().text());
}

std::optional<transport::Protection> protection_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, transport::Protection>, 3> table = {{
      {"clear", transport::Protection::clear},
      {"nk", transport::Protection::nk},
      {"nk_psk0", transport::Protection::nk_psk0},
  }};
  for (const auto& [known, protection] : table) {
    if (known == name) return protection;
  }
  return std::nullopt;
}

Keys::Keys(transport::Protection protection) {
  const crypto::Secret key = secret_of(1);
  const crypto::Secret cluster_key = secret_of(2);
  front_end_ = {protection, key, crypto::public_of(key), cluster_key};
  node_ = {protection, crypto::public_of(key), cluster_key};
}

crypto::Random Keys::random() {
  return [this](std::span<std::uint8_t> bytes) { return machine_.random_key(bytes); };
}

std::unique_ptr<transport::Channel> Keys::node_channel() { return make_node_channel(node_, random()); }

std::unique_ptr<transport::Channel> Keys::front_end_channel() {
  return make_front_end_channel(front_end_, guard_, random());
}

Ends::Ends(transport::Protection protection)
    : loop_(must(sys::make_epoll_loop(clock_, [](std::string_view what) { give_up(what); }))), keys_(protection) {}

void Ends::listen(std::uint16_t port, Accepted accepted) {
  listener_ = must(sockets_.listen_tcp({loopback, port}, silence_ms));
  const auto on_ready = [this, accepted = std::move(accepted)](sys::Ready) {
    while (auto next = listener_->accept())
      accepted(std::move(next->stream));
  };
  must(loop_->watch(listener_->fd(), sys::Ready::read, on_ready));
}

std::unique_ptr<transport::Connection> Ends::accept(std::unique_ptr<sys::Stream> stream,
                                                    transport::ConnectionHandler& handler) {
  auto made =
      std::make_unique<transport::Connection>(*loop_, std::move(stream), keys_.front_end_channel(), limits, handler);
  must(made->start(false));
  return made;
}

std::unique_ptr<transport::Connection> Ends::connect(std::uint16_t port, transport::ConnectionHandler& handler) {
  auto stream = must(sockets_.connect_tcp({loopback, port}, silence_ms));
  auto made = std::make_unique<transport::Connection>(*loop_, std::move(stream), keys_.node_channel(), limits, handler);
  must(made->start(true));
  return made;
}

double Ends::seconds() const { return std::chrono::duration<double>(clock_.now().time_since_epoch()).count(); }

}  // namespace bench
