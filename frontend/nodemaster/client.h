// A command (nodectl) that is connected to the control socket: one request at a time, carried out by its verb.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "frontend/nodemaster/peer.h"
#include "frontend/nodemaster/verb.h"

namespace frontend {

class Client final : private PeerEvents, private Reply {
 public:
  // `gone` is called once, from the loop; the client must be disposed of later (dispose.h).
  Client(sys::Loop& loop, Desk& desk, sys::Listener::Accepted accepted, std::function<void()> gone);
  ~Client() override;
  sys::Status start() { return peer_.start(); }

 private:
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_drained(Peer& peer) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;

  void send(const transport::Message& message) override { peer_.send(message, request_); }
  bool congested() const override { return peer_.congested(); }
  void finish(const transport::Message& last) override;
  Credentials caller() const override { return {peer_.uid(), peer_.gid()}; }
  void drop_verb();

  sys::Loop& loop_;
  Desk& desk_;
  std::function<void()> gone_;
  Peer peer_;
  std::uint64_t request_ = 0;   // that verb_ answers
  std::unique_ptr<Verb> verb_;  // null: idle
};

}  // namespace frontend
