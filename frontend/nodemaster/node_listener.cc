#include "frontend/nodemaster/node_listener.h"

#include <algorithm>
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

// No comparison for strangers: both are our own.
bool same(const transport::FrontEndKeys& one, const transport::FrontEndKeys& other) {
  return one.protection == other.protection && one.public_key == other.public_key &&
         std::ranges::equal(one.cluster_key.bytes(), other.cluster_key.bytes());
}

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
      admission_(loop.clock(), limits.admission,
                 [this](std::uint32_t ip) { return table_.by_address(ip) != nullptr; }) {}

NodeListener::~NodeListener() { watch(false); }

// Whoever is in the middle of a handshake would end it with keys that are half old and half new.
void NodeListener::set_keys(const transport::FrontEndKeys& keys) {
  if (same(keys, keys_)) return;
  while (!greetings_.empty()) {
    discard(*greetings_.begin()->second.peer, Counter::handshake_abandoned, "the front end has taken new keys");
  }
  const transport::FrontEndKeys before = std::exchange(keys_, keys);
  if (listener_) say_new_keys(before);
}

void NodeListener::say_new_keys(const transport::FrontEndKeys& before) {
  constexpr char rest[] = "; nodes that are connected stay connected";
  if (before.protection != keys_.protection) {
    log_.notice("nodes' connections are ", protection(), " from now on and not ",
                transport::describe(before.protection), rest);
  } else {
    log_.notice("other keys from now on, the front end's is ", crypto::format(crypto::fingerprint_of(keys_.public_key)),
                rest);
  }
}

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
  log_.notice("waiting for nodes on ", sys::format_address(at_), ", ", protection());
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
  const sys::TcpAddress from = accepted.peer;
  Admission::Pass pass = admission_.ask(from.ip);
  if (pass.ticket() == 0) {
    counters_.add(Counter::shut_out);
    return complain(from, Counter::shut_out, "shut out for a while, after many refusals");
  }
  begin(std::move(accepted), std::move(pass));
  make_room(from.ip);
}

void NodeListener::begin(sys::Listener::Accepted accepted, Admission::Pass pass) {
  PeerEvents& events = *this;
  auto peer =
      std::make_unique<Peer>(loop_, std::move(accepted), transport::make_front_end_channel(keys_, replays_, random_),
                             transport::Side::node, transport::ConnectionLimits{}, events);
  Peer* const raw = peer.get();
  auto timeout = std::make_unique<sys::Timer>(loop_);
  const Admission::Ticket ticket = pass.ticket();
  timeout->set(limits_.greeting_timeout, [this, ticket] { on_timeout(ticket); });
  greetings_.emplace(ticket, Greeting{std::move(pass), std::move(peer), std::move(timeout)});
  if (const auto status = raw->start(); !status) {
    log_.warning(status.error().text());
    dispose_later(loop_, take(*raw));
  }
}

void NodeListener::make_room(std::uint32_t ip) {
  const Admission::Crowded crowded = admission_.crowded_out(ip);
  const auto found = greetings_.find(crowded.ticket);
  if (found == greetings_.end()) return;
  Peer& peer = *found->second.peer;
  if (!crowded.same_address) return discard(peer, Counter::evicted, "had not greeted yet and made room for others");
  discard(peer, Counter::too_many_from_address, "had not greeted yet and made room for others of its address");
}

void NodeListener::on_timeout(Admission::Ticket ticket) {
  Peer& peer = *greetings_.at(ticket).peer;
  if (peer.established()) return discard(peer, Counter::greeting_timeout, "no greeting in time");
  discard(peer, Counter::handshake_timeout, "its handshake was not complete in time");
}

void NodeListener::discard(Peer& peer, Counter why, const std::string& reason) {
  counters_.add(why);
  complain(peer.from(), why, reason);
  auto taken = take(peer);
  taken->close(reason);
  dispose_later(loop_, std::move(taken));
}

NodeListener::Greetings::iterator NodeListener::find(const Peer& peer) {
  return std::find_if(greetings_.begin(), greetings_.end(),
                      [&](const auto& entry) { return entry.second.peer.get() == &peer; });
}

std::unique_ptr<Peer> NodeListener::take(Peer& peer) {
  const auto found = find(peer);
  Greeting greeting = std::move(found->second);
  greetings_.erase(found);
  greeting.timeout->cancel();
  dispose_later(loop_, std::move(greeting.timeout));  // it may be what has called
  return std::move(greeting.peer);
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
  find(peer)->second.refused_as = refusal.counter;
  peer.send(transport::Refused{transport::protocol_version, refusal.reason});
  peer.close(refusal.reason, true);
}

void NodeListener::on_closed(Peer& peer, const sys::Error& reason) {
  const auto greeting = find(peer);
  if (greeting == greetings_.end()) return;  // discarded
  const Counter why = counter_of(greeting->second);
  counters_.add(why);
  if (why != Counter::handshake_abandoned) {
    admission_.note_refusal(peer.from().ip);
    sessions_.note_refusal(peer.from().ip, reason.text());
  }
  complain(peer.from(), why, reason.text());
  dispose_later(loop_, take(peer));
}

Counter NodeListener::counter_of(const Greeting& greeting) {
  const Peer& peer = *greeting.peer;
  if (peer.established() && peer.fault() == ChannelFault::none && !peer.left()) return greeting.refused_as;
  return fault_counters.at(static_cast<std::size_t>(peer.fault()));
}

void NodeListener::complain(sys::TcpAddress from, Counter why, const std::string& reason) {
  auto& limit = complaints_.try_emplace(why, loop_.clock(), 30, std::chrono::minutes(1)).first->second;
  const auto verdict = limit.ask();
  if (verdict == RateLimit::Verdict::keep_quiet) return;
  const Node* const node = table_.by_address(from.ip);
  const std::string whose =
      node == nullptr ? std::string()
                      : sys::cat(" (the address of ", node->entry.name, ", ", sys::format_mac(node->entry.mac), ")");
  log_.warning("connection from ", sys::format_address(from), whose, " did not become a node's: ", reason);
  // In a line of its own, since the other one may be long.
  if (verdict == RateLimit::Verdict::say_last)
    log_.warning("further connections of this kind are not shown for a minute");
}

}  // namespace frontend
