#include "frontend/nodemaster/node_sessions.h"

#include <cerrno>
#include <cstring>

#include "frontend/nodemaster/dispose.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::uint32_t milliseconds(sys::Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

tl::unexpected<NodeSessions::Refusal> refusal(Counter counter, std::string reason) {
  return tl::make_unexpected(NodeSessions::Refusal{counter, std::move(reason)});
}

}  // namespace

NodeSessions::NodeSessions(sys::Loop& loop, sys::Log& log, NodeTable& table, UnknownNodes& unknown, ContentStore& store,
                           Counters& counters, std::function<std::uint64_t()> random, Heartbeat heartbeat,
                           NodeEvents& events)
    : loop_(loop),
      log_(log),
      table_(table),
      unknown_(unknown),
      store_(store),
      counters_(counters),
      contest_lines_(loop.clock(), 10, std::chrono::minutes(1)),
      forgery_lines_(loop.clock(), 30, std::chrono::minutes(1)),
      random_(std::move(random)),
      heartbeat_(heartbeat),
      events_(events) {}

tl::expected<transport::NodeNumber, NodeSessions::Refusal> NodeSessions::recognise(const transport::Hello& hello,
                                                                                   sys::TcpAddress from) {
  if (hello.version != transport::protocol_version) {
    return refusal(Counter::message_refused,
                   sys::cat("the node speaks protocol version ", hello.version, ", the front end ",
                            transport::protocol_version, "; boot it from an image of this release"));
  }
  const Node* node = table_.by_mac(hello.mac);
  if (!node) {
    unknown_.report(hello.mac, sys::cat("wants to join from ", sys::format_ip(from.ip)));
    return refusal(Counter::unknown_mac, sys::cat("no node of this cluster has MAC ", sys::format_mac(hello.mac)));
  }
  if (hello.boot_id == 0) return refusal(Counter::message_refused, "a Hello without boot_id");
  // Claims are not counted: others make them, and they would keep the node out.
  if (!is_claim(node->entry.number, hello) && joins_too_often(node->entry.number)) {
    return refusal(Counter::joins_too_often, "this node has joined too often within a minute");
  }
  return node->entry.number;
}

tl::expected<transport::NodeNumber, NodeSessions::Refusal> NodeSessions::recognise(
    const transport::BulkHello& hello) const {
  const auto found = sessions_.find(hello.node);
  if (found == sessions_.end() || found->second.session->token() != hello.token) {
    return refusal(Counter::message_refused, "a bulk connection needs the token of the latest Welcome");
  }
  return hello.node;
}

void NodeSessions::note_refusal(std::uint32_t address, const std::string& reason) {
  const Node* const node = table_.by_address(address);
  if (node == nullptr || node->state != transport::NodeState::down) return;
  constexpr std::string_view said_by_node = "refused: ";  // transport's word for it
  const std::string_view why = reason;
  table_.set_reason(node->entry.number, sys::cat("its connection was refused: ",
                                                 why.substr(why.starts_with(said_by_node) ? said_by_node.size() : 0)));
}

transport::Welcome NodeSessions::welcome(const Node& node, std::uint64_t token) {
  transport::Welcome welcome;
  welcome.node = node.entry.number;
  welcome.name = node.entry.name;
  welcome.wall_ns = static_cast<std::uint64_t>(loop_.clock().wall().time_since_epoch().count());
  for (std::size_t at = 0; at < welcome.seed.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t random = random_();
    std::memcpy(welcome.seed.data() + at, &random, sizeof random);
  }
  welcome.bulk_token = token;
  welcome.ping_interval_ms = milliseconds(heartbeat_.interval);
  welcome.silence_limit_ms = milliseconds(heartbeat_.silence_limit);
  welcome.away_policy = away_.policy;
  welcome.away_grace_ms = milliseconds(away_.grace);
  return welcome;
}

void NodeSessions::adopt(transport::NodeNumber number, const transport::Hello& hello, std::unique_ptr<Peer> peer) {
  if (is_claim(number, hello)) return contest(number, hello, std::move(peer));
  if (sessions_.contains(number)) end(number, "the node has connected again");
  join(number, hello, std::move(peer));
  if (contests_.contains(number)) defend(number);  // it is back: that is a sign of life
}

// Another life of the node is connected, or was when this began.
bool NodeSessions::is_claim(transport::NodeNumber number, const transport::Hello& hello) const {
  const bool same_life = table_.find(number)->hello.boot_id == hello.boot_id;
  return !same_life && (sessions_.contains(number) || contests_.contains(number));
}

// Most often the node has rebooted. A connection that breaks meanwhile proves nothing: anybody can cut one.
void NodeSessions::contest(transport::NodeNumber number, const transport::Hello& hello, std::unique_ptr<Peer> peer) {
  auto claim = std::make_unique<NumberClaim>(
      loop_, hello, std::move(peer), [this, number] { grant(number); },
      [this, number](Counter why) { drop_claim(number, why); });
  if (contests_.contains(number)) {
    counters_.add(Counter::number_taken);
    claim->refuse("another machine claims to be this node at the same time");
    return dispose_later(loop_, std::move(claim));
  }
  Contest& contest = contests_[number];
  contest.claim = std::move(claim);
  contest.challenge = sessions_.at(number).session->challenge();
}

void NodeSessions::drop_claim(transport::NodeNumber number, Counter why) {
  const auto found = contests_.find(number);
  if (found == contests_.end()) return;
  counters_.add(why);
  dispose_later(loop_, std::move(found->second.claim));
  contests_.erase(found);
}

void NodeSessions::grant(transport::NodeNumber number) {
  Contest contest = std::move(contests_.at(number));
  contests_.erase(number);
  const transport::Hello hello = contest.claim->hello();
  auto peer = contest.claim->grant();
  dispose_later(loop_, std::move(contest.claim));
  if (sessions_.contains(number)) end(number, "the node has rebooted: its former life does not answer");
  if (table_.find(number)) join(number, hello, std::move(peer));
}

// The connected one has given its sign.
void NodeSessions::defend(transport::NodeNumber number) {
  Contest contest = std::move(contests_.at(number));
  contests_.erase(number);
  const std::string name = table_.find(number)->entry.name;
  counters_.add(Counter::number_taken);
  if (contest_lines_.ask() != RateLimit::Verdict::keep_quiet) {
    log_.warning(name, ": a machine at ", sys::format_address(contest.claim->from()), " says that it is ", name,
                 ", which is connected from ", sys::format_address(sessions_.at(number).session->control().from()),
                 " and answers: refused");
  }
  contest.claim->refuse(sys::cat(name, " is connected already, and answers: two machines have its MAC"));
  dispose_later(loop_, std::move(contest.claim));
}

bool NodeSessions::joins_too_often(transport::NodeNumber number) {
  constexpr unsigned most = 20;
  auto& limit = joins_.try_emplace(number, loop_.clock(), most, std::chrono::minutes(1)).first->second;
  return limit.ask() == RateLimit::Verdict::keep_quiet;
}

void NodeSessions::join(transport::NodeNumber number, const transport::Hello& hello, std::unique_ptr<Peer> peer) {
  table_.set_hello(number, hello);
  table_.set_channel(number, peer->protection());
  const NodeEntry& entry = table_.find(number)->entry;
  if (peer->from().ip != hello.address) {
    log_.warning(entry.name, ": says that its address is ", sys::format_ip(hello.address), ", and has connected from ",
                 sys::format_address(peer->from()));
  }
  if (hello.address != entry.address) {
    log_.warning(entry.name, ": has address ", sys::format_ip(hello.address), ", the configuration says ",
                 sys::format_ip(entry.address));
  }
  const std::uint64_t token = random_();
  peer->send(welcome(*table_.find(number), token));
  const sys::Duration first_ping(random_() % static_cast<std::uint64_t>(heartbeat_.interval.count()));
  SessionEvents& events = *this;
  sessions_[number].session = std::make_unique<NodeSession>(loop_, number, hello.boot_id, token, heartbeat_, first_ping,
                                                            std::move(peer), store_, events);
  events_.on_joined(number);
}

void NodeSessions::adopt_bulk(transport::NodeNumber node, std::unique_ptr<Peer> peer) {
  sessions_.at(node).session->attach_bulk(std::move(peer));
}

bool NodeSessions::send(transport::NodeNumber node, const transport::Message& message) { return ask(node, 0, message); }

sys::Status NodeSessions::try_send(transport::NodeNumber node, const transport::Message& message) {
  const auto found = sessions_.find(node);
  if (found == sessions_.end()) return sys::failure(EHOSTDOWN, "node is not connected");
  return found->second.session->try_send(message);
}

bool NodeSessions::ask(transport::NodeNumber node, std::uint64_t request, const transport::Message& message) {
  const auto found = sessions_.find(node);
  if (found == sessions_.end()) return false;
  found->second.session->send(message, request);
  return true;
}

bool NodeSessions::send_bulk(transport::NodeNumber node, const transport::Message& message) {
  const auto found = sessions_.find(node);
  return found != sessions_.end() && found->second.session->send_bulk(message);
}

void NodeSessions::dismiss(transport::NodeNumber node, const std::string& reason) {
  if (!send(node, transport::Refused{transport::protocol_version, reason})) return;
  sessions_.at(node).session->close(reason);
}

void NodeSessions::expect_leave(transport::NodeNumber node, std::string reason) {
  if (const auto found = sessions_.find(node); found != sessions_.end())
    found->second.expected_leave = std::move(reason);
}

void NodeSessions::set_heartbeat(Heartbeat heartbeat) {
  heartbeat_ = heartbeat;
  for (auto& [node, entry] : sessions_)
    entry.session->set_heartbeat(heartbeat);
}

bool NodeSessions::current(const NodeSession& session) const {
  const auto found = sessions_.find(session.node());
  return found != sessions_.end() && found->second.session.get() == &session;
}

void NodeSessions::end(transport::NodeNumber node, const std::string& reason) {
  const auto found = sessions_.find(node);
  Entry entry = std::move(found->second);
  sessions_.erase(found);
  dispose_later(loop_, std::move(entry.session));
  events_.on_lost(node, entry.expected_leave.empty() ? reason : entry.expected_leave);
}

void NodeSessions::on_session_message(NodeSession& session, transport::Message message) {
  if (!current(session)) return;
  const auto contest = contests_.find(session.node());
  const auto* pong = std::get_if<transport::Pong>(&message);
  if (contest != contests_.end() && pong != nullptr && pong->sequence >= contest->second.challenge) {
    defend(session.node());
  }
  events_.on_node_message(session.node(), std::move(message));
}

void NodeSessions::on_session_answer(NodeSession& session, std::uint64_t request, transport::Message message) {
  if (current(session)) events_.on_node_answer(session.node(), request, std::move(message));
}

void NodeSessions::on_session_forged(NodeSession& session, sys::TcpAddress from) {
  counters_.add(Counter::record_not_authentic);
  if (forgery_lines_.ask() == RateLimit::Verdict::keep_quiet) return;
  log_.warning("node ", session.node(), ": a record from ", sys::format_address(from),
               " is not authentic: the connection was tampered with");
}

void NodeSessions::on_session_refused(NodeSession&) { counters_.add(Counter::message_refused); }

void NodeSessions::on_session_bulk_lost(NodeSession& session, const std::string& reason) {
  if (current(session)) events_.on_bulk_lost(session.node(), reason);
}

void NodeSessions::on_session_over(NodeSession& session, const std::string& reason) {
  if (current(session)) end(session.node(), reason);
}

}  // namespace frontend
