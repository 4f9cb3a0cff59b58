#include "frontend/nodemaster/node_listener.h"

#include <array>
#include <cerrno>

#include "frontend/nodemaster/dispose.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::ChannelFault;

// By ChannelFault.
constexpr std::array fault_counters = {
    Counter::handshake_abandoned,            // none: the peer has gone
    Counter::handshake_malformed,            // malformed
    Counter::handshake_version,              // version
    Counter::handshake_protection,           // protection
    Counter::handshake_wrong_front_end_key,  // front_end_key
    Counter::handshake_wrong_cluster_key,    // cluster_key
    Counter::handshake_not_authentic,        // not_authentic
    Counter::handshake_replayed,             // replayed
    Counter::record_not_authentic,           // record
};

}  // namespace

NodeListener::NodeListener(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, const NodeTable& table,
                           NodeSessions& sessions, Counters& counters, crypto::Random random, ListenerLimits limits)
    : loop_(loop),
      sockets_(sockets),
      log_(log),
      table_(table),
      sessions_(sessions),
      counters_(counters),
      random_(std::move(random)),
      limits_(limits),
      retry_(loop),
      complaints_(loop.clock(), 30, std::chrono::minutes(1)),
      admission_(loop.clock(), limits.admission,
                 [this](std::uint32_t ip) { return table_.by_address(ip) != nullptr; }) {}

NodeListener::~NodeListener() { watch(false); }

void NodeListener::start(sys::TcpAddress at, unsigned silence_ms) {
  at_ = at;
  silence_ms_ = silence_ms;
  listen();
}

void NodeListener::listen() {
  auto listener = sockets_.listen_tcp(at_, silence_ms_);
  if (!listener) return retry_later(sys::cat(listener.error().text(), "; trying again"));
  listener_ = std::move(*listener);
  trouble_.clear();
  log_.notice("waiting for nodes on ", sys::format_address(at_), ", ", transport::describe(keys_.protection));
  watch(true);
}

void NodeListener::retry_later(const std::string& trouble) {
  if (trouble != trouble_) log_.error(trouble);
  trouble_ = trouble;
  retry_.set(limits_.retry, [this] {
    if (listener_) return watch(true);
    listen();
  });
}

void NodeListener::watch(bool wanted) {
  if (wanted == (watch_ != 0)) return;
  if (!wanted) {
    loop_.unwatch(std::exchange(watch_, 0));
    return;
  }
  const auto id = loop_.watch(listener_->fd(), sys::Ready::read, [this](sys::Ready) { accept(); });
  if (!id) return retry_later(id.error().text());
  watch_ = *id;
}

// ---------------------------------------------------------------- who comes in

void NodeListener::accept() {
  for (unsigned i = 0; i < limits_.accepts_per_turn; ++i) {
    auto accepted = listener_->accept();
    if (accepted) {
      admit(std::move(*accepted));
    } else if (accepted.error().code == EAGAIN) {
      return;
    } else {
      watch(false);
      return retry_later(accepted.error().text());
    }
  }
}

void NodeListener::admit(sys::Listener::Accepted accepted) {
  Admission::Ticket ticket = 0;
  switch (admission_.ask(accepted.peer.ip, ticket)) {
    case Admission::Answer::admitted:
      begin(std::move(accepted), ticket);
      return make_room();
    case Admission::Answer::too_many:
      counters_.add(Counter::too_many_from_address);
      return complain(accepted.peer, "too many of its connections have not greeted yet");
    case Admission::Answer::shut_out:
      counters_.add(Counter::shut_out);
      return complain(accepted.peer, "shut out for a minute, after many refusals");
  }
}

void NodeListener::begin(sys::Listener::Accepted accepted, Admission::Ticket ticket) {
  PeerEvents& events = *this;
  auto peer =
      std::make_unique<Peer>(loop_, std::move(accepted), transport::make_front_end_channel(keys_, replays_, random_),
                             transport::Side::node, transport::ConnectionLimits{}, events);
  Peer* const raw = peer.get();
  auto timeout = std::make_unique<sys::Timer>(loop_);
  timeout->set(limits_.greeting_timeout, [this, raw] { on_timeout(*raw); });
  tickets_.emplace(raw, ticket);
  greetings_.emplace(ticket, Greeting{ticket, std::move(peer), std::move(timeout)});
  if (const auto status = raw->start(); !status) {
    log_.warning(status.error().text());
    dispose_later(loop_, take(*raw));
  }
}

void NodeListener::make_room() {
  const Admission::Ticket oldest = admission_.crowded_out();
  if (oldest == 0) return;
  discard(*greetings_.at(oldest).peer, Counter::evicted, "it had not greeted yet and makes room for others");
}

void NodeListener::on_timeout(Peer& peer) {
  if (peer.established()) return discard(peer, Counter::greeting_timeout, "no greeting in time");
  discard(peer, Counter::handshake_timeout, "its handshake was not complete in time");
}

void NodeListener::discard(Peer& peer, Counter why, const std::string& reason) {
  counters_.add(why);
  complain(peer.from(), reason);
  auto taken = take(peer);
  taken->close(reason);
  dispose_later(loop_, std::move(taken));
}

std::unique_ptr<Peer> NodeListener::take(Peer& peer) {
  const auto ticket = tickets_.find(&peer);
  const auto found = greetings_.find(ticket->second);
  std::unique_ptr<Peer> taken = std::move(found->second.peer);
  dispose_later(loop_, std::move(found->second.timeout));
  admission_.leave(ticket->second);
  greetings_.erase(found);
  tickets_.erase(ticket);
  return taken;
}

// ---------------------------------------------------------------- what they say

void NodeListener::on_message(Peer& peer, std::uint64_t, transport::Message message) {
  if (const auto* hello = std::get_if<transport::Hello>(&message)) {
    const auto node = sessions_.recognise(*hello, peer.from());
    if (!node) return refuse(peer, node.error());
    sessions_.adopt(*node, *hello, take(peer));
  } else if (const auto* bulk = std::get_if<transport::BulkHello>(&message)) {
    const auto node = sessions_.recognise(*bulk);
    if (!node) return refuse(peer, node.error());
    sessions_.adopt_bulk(*node, take(peer));
  }
}

void NodeListener::refuse(Peer& peer, const NodeSessions::Refusal& refusal) {
  greetings_.at(tickets_.at(&peer)).refused_as = refusal.counter;
  peer.send(transport::Refused{transport::protocol_version, refusal.reason});
  peer.close(refusal.reason, true);
}

void NodeListener::on_closed(Peer& peer, const sys::Error& reason) {
  if (!tickets_.contains(&peer)) return;  // discarded
  const Counter why = counter_of(peer);
  counters_.add(why);
  if (why != Counter::handshake_abandoned) admission_.note_refusal(peer.from().ip);
  complain(peer.from(), reason.text());
  dispose_later(loop_, take(peer));
}

Counter NodeListener::counter_of(const Peer& peer) const {
  if (peer.established() && peer.fault() == ChannelFault::none && !peer.left()) {
    return greetings_.at(tickets_.at(&peer)).refused_as;
  }
  return fault_counters.at(static_cast<std::size_t>(peer.fault()));
}

void NodeListener::complain(sys::TcpAddress from, const std::string& reason) {
  const auto verdict = complaints_.ask();
  if (verdict == RateLimit::Verdict::keep_quiet) return;
  const Node* const node = table_.by_address(from.ip);
  const std::string whose =
      node == nullptr ? std::string()
                      : sys::cat(" (the address of ", node->entry.name, ", ", sys::format_mac(node->entry.mac), ")");
  log_.warning("connection from ", sys::format_address(from), whose, " is not a node's: ", reason,
               verdict == RateLimit::Verdict::say_last ? "; further ones are not shown for a minute" : "");
}

}  // namespace frontend
