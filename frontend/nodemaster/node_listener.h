// The door for nodes: accepts TCP connections and hears their greeting. A connection that has not greeted in time is
// closed; one address holds only a few of them, and there are only so many in all, so that a stranger keeps nobody out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "frontend/nodemaster/node_sessions.h"
#include "frontend/nodemaster/peer.h"
#include "frontend/nodemaster/rate_limit.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

struct ListenerLimits {
  sys::Duration greeting_timeout = std::chrono::seconds(10);
  std::size_t greetings = 512;            // connections that have not greeted yet; more wait in the kernel
  std::size_t greetings_per_address = 8;  // more are closed
  unsigned accepts_per_turn = 64;
  sys::Duration retry = std::chrono::seconds(2);  // when listening or accepting fails
};

class NodeListener final : private PeerEvents {
 public:
  NodeListener(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, NodeSessions& sessions,
               ListenerLimits limits = {});
  ~NodeListener();
  // Listens, or goes on trying to and says so: the address may not be there yet.
  void start(sys::TcpAddress at, unsigned silence_ms);
  std::size_t greeting() const { return greetings_.size(); }

 private:
  struct Greeting {
    std::unique_ptr<Peer> peer;
    std::unique_ptr<sys::Timer> timeout;
  };

  void listen();
  void retry_later(const std::string& trouble);
  void accept();
  void admit(sys::Listener::Accepted accepted);
  void watch(bool wanted);
  void refuse(Peer& peer, const sys::Error& reason);
  std::unique_ptr<Peer> take(Peer& peer);
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;

  sys::Loop& loop_;
  sys::Sockets& sockets_;
  sys::Log& log_;
  NodeSessions& sessions_;
  const ListenerLimits limits_;
  sys::TcpAddress at_;
  unsigned silence_ms_ = 0;
  std::unique_ptr<sys::Listener> listener_;
  sys::WatchId watch_ = 0;
  sys::Timer retry_;
  std::string trouble_;  // said last
  RateLimit strangers_;
  std::map<const Peer*, Greeting> greetings_;
  std::map<std::uint32_t, std::size_t> per_address_;
};

}  // namespace frontend
