// A command (nodectl) that is connected to the control socket: one request at a time, carried out by its verb.
//
// It does not get to keep a place for nothing: without a request for a while it is closed, and it is not served further
// while it does not read what it has been sent, so that it costs no more than one answer's memory. One message of it is
// heard in each turn of the loop: whoever sends many at once waits for everybody else in between.
#pragma once

#include <cstdint>
#include <memory>

#include "frontend/nodemaster/credentials.h"
#include "frontend/nodemaster/peer.h"
#include "frontend/nodemaster/verb.h"

namespace frontend {

class Client;

// Why a client is over.
// unanswerable: an answer of ours breaks the protocol's caps, for which the client can do nothing.
enum class ClientEnd : std::uint8_t { gone, malformed, idle, not_reading, unanswerable };

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  // Whether it may ask for this; the error is told to it.
  virtual sys::Status on_request(const Client& client, const transport::Message& request) = 0;
  virtual Role role_of(const Client& client) const = 0;
  // Its verb refuses what on_request() allowed.
  virtual void on_refused(const Client& client, std::string_view what) = 0;
  virtual void on_change(const Client& client, std::string_view what) = 0;
  // Once, from the loop; the client must be disposed of later (dispose.h).
  virtual void on_client_over(const Client& client, ClientEnd end, const sys::Error& reason) = 0;
};

class Client final : private PeerEvents, private Reply {
 public:
  static constexpr sys::Duration idle_limit = std::chrono::seconds(30);

  Client(sys::Loop& loop, Desk& desk, sys::Listener::Accepted accepted, ClientEvents& events);
  ~Client() override;
  sys::Status start();

  const Credentials& credentials() const { return credentials_; }
  std::int32_t pid() const { return pid_; }

 private:
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_drained(Peer& peer) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;

  void send(const transport::Message& message) override;
  bool congested() const override { return peer_.congested(); }
  void finish(const transport::Message& last) override;
  Credentials caller() const override { return credentials_; }
  Role role() const override { return events_.role_of(*this); }
  void note_refused(std::string_view what) override;
  void note_change(std::string_view what) override { events_.on_change(*this, what); }
  void on_run_message(transport::Message& message);
  void end(ClientEnd end, const std::string& reason);
  void rest();
  void drop_verb();
  void rest_this_turn();

  sys::Loop& loop_;
  Desk& desk_;
  ClientEvents& events_;
  const Credentials credentials_;
  const std::int32_t pid_;
  Peer peer_;
  ClientEnd end_ = ClientEnd::gone;
  std::uint64_t request_ = 0;   // that verb_ answers
  std::unique_ptr<Verb> verb_;  // null: idle
  bool refused_ = false;        // that of verb_ has been noted
  sys::Timer idle_;             // while there is no verb
  sys::Timer next_turn_;        // when it is heard again
};

}  // namespace frontend
