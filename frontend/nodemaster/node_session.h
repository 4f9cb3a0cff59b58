// A node that is connected: its control connection, its bulk connection when that is there, and its heartbeat. Pings
// go out every interval; when nothing has come for the silence limit, the session ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "frontend/nodemaster/fetch_queue.h"
#include "frontend/nodemaster/peer.h"
#include "sys/loop.h"
#include "transport/messages.h"

namespace frontend {

struct Heartbeat {
  sys::Duration interval{};
  sys::Duration silence_limit{};
};

class NodeSession;

class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void on_session_message(NodeSession& session, transport::Message message) = 0;
  virtual void on_session_answer(NodeSession& session, std::uint64_t request, transport::Message message) = 0;
  // A record of it was not authentic; that it is over, or has lost its bulk connection, follows.
  virtual void on_session_forged(NodeSession& session, sys::TcpAddress from) = 0;
  // A message of it was broken, or may not be sent; likewise.
  virtual void on_session_refused(NodeSession& session) = 0;
  virtual void on_session_bulk_lost(NodeSession& session, const std::string& reason) = 0;
  // Last; the session must be disposed of later, not now.
  virtual void on_session_over(NodeSession& session, const std::string& reason) = 0;
};

class NodeSession final : private PeerEvents {
 public:
  // `token` opens the bulk connection. `first_ping`: how long the first ping waits, so that a thousand nodes are
  // not pinged at the same moment for ever.
  NodeSession(sys::Loop& loop, transport::NodeNumber node, std::uint64_t boot_id, std::uint64_t token,
              Heartbeat heartbeat, sys::Duration first_ping, std::unique_ptr<Peer> control, ContentStore& store,
              SessionEvents& events);

  transport::NodeNumber node() const { return node_; }
  std::uint64_t boot_id() const { return boot_id_; }
  std::uint64_t token() const { return token_; }

  const Peer& control() const { return *control_; }
  // Asks for a sign of life, out of turn: a Pong with this number or a higher one is it.
  std::uint64_t challenge();

  // Takes the place of an earlier one.
  void attach_bulk(std::unique_ptr<Peer> bulk);
  void send(const transport::Message& message, std::uint64_t request = 0) { control_->send(message, request); }
  sys::Status try_send(const transport::Message& message);  // NodeLinks
  bool send_bulk(const transport::Message& message);
  // on_session_over() follows from the loop, with this reason.
  void close(std::string reason);
  void set_heartbeat(Heartbeat heartbeat) { heartbeat_ = heartbeat; }

 private:
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_drained(Peer& peer) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;
  void beat();
  void set_timer();
  void drop_bulk(const std::string& reason);

  sys::Loop& loop_;
  const transport::NodeNumber node_;
  const std::uint64_t boot_id_;
  const std::uint64_t token_;
  Heartbeat heartbeat_;
  ContentStore& store_;
  SessionEvents& events_;
  std::unique_ptr<Peer> control_;
  std::unique_ptr<Peer> bulk_;
  std::optional<FetchQueue> fetches_;  // of bulk_
  sys::Instant heard_;                 // when something came last
  sys::Instant next_ping_;
  std::uint64_t pings_ = 0;
  bool given_up_ = false;  // it is we who have closed the connection
  sys::Timer timer_;
};

}  // namespace frontend
