// The other end of one connection: messages that are legal from it now (transport/session.h) go to the events
// object, all others end the connection. Who listens to the events changes once, when a node's greeting has been
// accepted.
//
//   greeting --hand_over()--> joined --close(), error--> over (on_closed, once)
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/connection.h"
#include "transport/session.h"

namespace frontend {

class Peer;

class PeerEvents {
 public:
  virtual ~PeerEvents() = default;
  // May do anything to the peer but destroy it (dispose.h).
  virtual void on_message(Peer& peer, std::uint64_t request, transport::Message message) = 0;
  virtual void on_drained(Peer&) {}
  virtual void on_closed(Peer& peer, const sys::Error& reason) = 0;
};

class Peer final : private transport::ConnectionHandler {
 public:
  Peer(sys::Loop& loop, sys::Listener::Accepted accepted, std::unique_ptr<transport::Channel> channel,
       transport::Side side, transport::ConnectionLimits limits, PeerEvents& events);

  sys::Status start() { return connection_.start(false); }
  // The peer is recognised: its connection is of that kind now, and its events go to `events`.
  void hand_over(transport::ConnectionKind kind, transport::ConnectionLimits limits, PeerEvents& events);

  // Its events go to `events`; what it may say stays the same.
  void listen(PeerEvents& events) { events_ = &events; }

  void send(const transport::Message& message, std::uint64_t request = 0) { connection_.send(message, request); }
  bool congested() const { return connection_.congested(); }
  // Hears nothing of it meanwhile, its end included.
  void pause() { connection_.pause(); }
  void resume() { connection_.resume(); }
  std::size_t pending_output() const { return connection_.pending_output(); }  // bytes
  bool drained() const { return connection_.pending_output() == 0; }
  bool left() const { return connection_.peer_left(); }
  bool established() const { return connection_.established(); }
  bool open() const { return connection_.open(); }
  void close(std::string reason, bool flush = false) { connection_.close(std::move(reason), flush); }

  transport::ChannelFault fault() const { return connection_.fault(); }
  std::string_view protection() const { return connection_.protection(); }
  sys::TcpAddress from() const { return from_; }  // TCP

 private:
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_drained() override { events_->on_drained(*this); }
  void on_closed(const sys::Error& reason) override { events_->on_closed(*this, reason); }

  const sys::TcpAddress from_;
  const transport::Side side_;
  transport::ConnectionKind kind_ = transport::ConnectionKind::unknown;
  transport::SessionState state_ = transport::SessionState::greeting;
  PeerEvents* events_;
  transport::Connection connection_;
};

}  // namespace frontend
