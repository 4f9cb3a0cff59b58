// The door for nodes: accepts TCP connections, secures them, and hears their greeting. Whom it lets in, and who has to go
// when there are too many, is decided in admission.h; what was refused is counted by its reason, and said in the log
// with the address it came from, and the node that has that address, at a rate that a flood does not raise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "frontend/nodemaster/admission.h"
#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/node_sessions.h"
#include "frontend/nodemaster/peer.h"
#include "frontend/nodemaster/rate_limit.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/secure_channel.h"

namespace frontend {

struct ListenerLimits {
  AdmissionLimits admission;
  sys::Duration greeting_timeout = std::chrono::seconds(10);
  unsigned accepts_per_turn = 64;
  sys::Duration retry = std::chrono::seconds(2);  // when listening or accepting fails
};

class NodeListener final : private PeerEvents {
 public:
  NodeListener(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, const NodeTable& table, NodeSessions& sessions,
               Counters& counters, crypto::Random random, ListenerLimits limits = {});
  ~NodeListener();
  // What connections are secured with from now on, said in the log when that changes. Nodes that are there stay; who
  // has not greeted yet has to come again.
  void set_keys(const transport::FrontEndKeys& keys);
  std::string_view protection() const { return transport::describe(keys_.protection); }
  // Listens, or goes on trying to and says so: the address may not be there yet.
  void start(sys::TcpAddress at, unsigned silence_ms);
  std::size_t greeting() const { return greetings_.size(); }

 private:
  struct Greeting {
    Admission::Pass pass;
    std::unique_ptr<Peer> peer;
    std::unique_ptr<sys::Timer> timeout;
    Counter refused_as = Counter::message_refused;
  };
  using Greetings = std::map<Admission::Ticket, Greeting>;  // in order of coming

  void listen();
  void retry_later(const std::string& trouble);
  void accept();
  void admit(sys::Listener::Accepted accepted);
  void begin(sys::Listener::Accepted accepted, Admission::Pass pass);
  void make_room(std::uint32_t ip);
  Greetings::iterator find(const Peer& peer);  // end(): it is discarded, or taken over
  void watch(bool wanted);
  void say_new_keys(const transport::FrontEndKeys& before);
  void on_timeout(Admission::Ticket ticket);
  void discard(Peer& peer, Counter why, const std::string& reason);
  static Counter counter_of(const Greeting& greeting);
  void refuse(Peer& peer, const NodeSessions::Refusal& refusal);
  void complain(sys::TcpAddress from, Counter why, const std::string& reason);
  std::unique_ptr<Peer> take(Peer& peer);
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;

  sys::Loop& loop_;
  sys::Sockets& sockets_;
  sys::Log& log_;
  const NodeTable& table_;
  NodeSessions& sessions_;
  Counters& counters_;
  const crypto::Random random_;
  const ListenerLimits limits_;
  transport::FrontEndKeys keys_;
  transport::ReplayGuard replays_;
  sys::TcpAddress at_;
  unsigned silence_ms_ = 0;
  std::unique_ptr<sys::Listener> listener_;
  sys::WatchId watch_ = 0;
  sys::Timer retry_;
  std::string trouble_;                      // said last
  std::map<Counter, RateLimit> complaints_;  // one kind does not hide another
  Admission admission_;
  Greetings greetings_;
};

}  // namespace frontend
