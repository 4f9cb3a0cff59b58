// All connected nodes, and who may become one: a Hello is recognised by its MAC, a bulk connection by the token of the
// Welcome.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "frontend/nodemaster/away_rule.h"
#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/node_links.h"
#include "frontend/nodemaster/node_session.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/number_claim.h"
#include "frontend/nodemaster/rate_limit.h"
#include "frontend/nodemaster/unknown_nodes.h"
#include "sys/log.h"
#include "sys/loop.h"

namespace frontend {

class NodeSessions final : public NodeLinks, private SessionEvents {
 public:
  NodeSessions(sys::Loop& loop, sys::Log& log, NodeTable& table, UnknownNodes& unknown, ContentStore& store,
               Counters& counters, std::function<std::uint64_t()> random, Heartbeat heartbeat, NodeEvents& events);

  struct Refusal {
    Counter counter;
    std::string reason;
  };
  // A connection from a node's address was refused: its state says why it is not there.
  void note_refusal(std::uint32_t address, const std::string& reason);

  // Which node says so, or why it is none.
  tl::expected<transport::NodeNumber, Refusal> recognise(const transport::Hello& hello, sys::TcpAddress from);
  tl::expected<transport::NodeNumber, Refusal> recognise(const transport::BulkHello& hello) const;
  // Welcomes a recognised node, which ends an older connection of the same life. Where another life of it is connected,
  // that one is asked for a sign first (number_claim.h).
  void adopt(transport::NodeNumber node, const transport::Hello& hello, std::unique_ptr<Peer> peer);
  void adopt_bulk(transport::NodeNumber node, std::unique_ptr<Peer> peer);

  bool send(transport::NodeNumber node, const transport::Message& message) override;
  sys::Status try_send(transport::NodeNumber node, const transport::Message& message) override;
  bool ask(transport::NodeNumber node, std::uint64_t request, const transport::Message& message) override;
  bool send_bulk(transport::NodeNumber node, const transport::Message& message) override;
  // Its connections end, with a word to it.
  void dismiss(transport::NodeNumber node, const std::string& reason);
  // The node is going to leave: what its state will say then.
  void expect_leave(transport::NodeNumber node, std::string reason);
  void set_heartbeat(Heartbeat heartbeat);
  // For nodes that join from now on.
  void set_away(const AwayRule& rule) { away_ = rule; }
  std::size_t connected() const { return sessions_.size(); }

 private:
  struct Entry {
    std::unique_ptr<NodeSession> session;
    std::string expected_leave;
  };

  struct Contest {
    std::unique_ptr<NumberClaim> claim;
    std::uint64_t challenge = 0;  // a Pong with this number or a higher one is a sign of life
  };

  void on_session_message(NodeSession& session, transport::Message message) override;
  void on_session_answer(NodeSession& session, std::uint64_t request, transport::Message message) override;
  void on_session_forged(NodeSession& session, sys::TcpAddress from) override;
  void on_session_refused(NodeSession& session) override;
  void on_session_bulk_lost(NodeSession& session, const std::string& reason) override;
  void on_session_over(NodeSession& session, const std::string& reason) override;
  bool current(const NodeSession& session) const;
  void end(transport::NodeNumber node, const std::string& reason);
  void join(transport::NodeNumber node, const transport::Hello& hello, std::unique_ptr<Peer> peer);
  void contest(transport::NodeNumber node, const transport::Hello& hello, std::unique_ptr<Peer> peer);
  void defend(transport::NodeNumber node);
  void grant(transport::NodeNumber node);
  void drop_claim(transport::NodeNumber node, Counter why);
  bool is_claim(transport::NodeNumber node, const transport::Hello& hello) const;
  bool joins_too_often(transport::NodeNumber node);
  transport::Welcome welcome(const Node& node, std::uint64_t token);

  sys::Loop& loop_;
  sys::Log& log_;
  NodeTable& table_;
  UnknownNodes& unknown_;
  ContentStore& store_;
  Counters& counters_;
  RateLimit contest_lines_;
  RateLimit forgery_lines_;
  std::function<std::uint64_t()> random_;
  Heartbeat heartbeat_;
  AwayRule away_;
  NodeEvents& events_;
  std::map<transport::NodeNumber, Entry> sessions_;
  std::map<transport::NodeNumber, Contest> contests_;  // outlive the session that is contested
  std::map<transport::NodeNumber, RateLimit> joins_;   // of every node that there has been
};

}  // namespace frontend
