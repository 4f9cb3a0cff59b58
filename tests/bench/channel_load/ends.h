// The two ends of connections that the bench of the secure channel makes: over loopback, with keys of their own, and
// with the classes that nodeinit and nodemaster use. tests/bench/channel starts the program, pins it and weighs it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "sys/epoll_loop.h"
#include "sys/machine.h"
#include "sys/stream.h"
#include "transport/connection.h"
#include "transport/secure_channel.h"

namespace bench {

// Ends the program when something fails that a measurement cannot do without.
[[noreturn]] void give_up(std::string_view reason);

template <class Value> Value must(sys::Result<Value> result) {
  if (!result) give_up(result.error().text());
  return std::move(*result);
}
void must(const sys::Status& status);

std::optional<transport::Protection> protection_named(std::string_view name);  // clear, nk, nk_psk0

// Keys that are the same in every process of a bench, so that none have to be handed on.
class Keys {
 public:
  explicit Keys(transport::Protection protection);

  std::unique_ptr<transport::Channel> node_channel();
  std::unique_ptr<transport::Channel> front_end_channel();

 private:
  crypto::Random random();

  sys::KernelMachine machine_;
  transport::FrontEndKeys front_end_;
  transport::PinnedKeys node_;
  transport::ReplayGuard guard_;
};

// A loop with what connections of either end need.
class Ends {
 public:
  using Accepted = std::function<void(std::unique_ptr<sys::Stream>)>;

  explicit Ends(transport::Protection protection);

  void listen(std::uint16_t port, Accepted accepted);
  std::unique_ptr<transport::Connection> accept(std::unique_ptr<sys::Stream> stream,
                                                transport::ConnectionHandler& handler);
  std::unique_ptr<transport::Connection> connect(std::uint16_t port, transport::ConnectionHandler& handler);

  sys::Loop& loop() { return *loop_; }
  double seconds() const;  // since some moment

 private:
  sys::KernelClock clock_;
  std::unique_ptr<sys::Loop> loop_;
  sys::KernelSockets sockets_;
  Keys keys_;
  std::unique_ptr<sys::Listener> listener_;
};

}  // namespace bench
