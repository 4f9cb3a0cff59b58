#include "frontend/nodemaster/node_listener.h"

#include <cerrno>

#include "frontend/nodemaster/dispose.h"
#include "sys/text.h"

namespace frontend {

NodeListener::NodeListener(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, NodeSessions& sessions,
                           ListenerLimits limits)
    : loop_(loop),
      sockets_(sockets),
      log_(log),
      sessions_(sessions),
      limits_(limits),
      retry_(loop),
      strangers_(loop.clock(), 30, std::chrono::minutes(1)) {}

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
  log_.notice("waiting for nodes on ", sys::format_address(at_), ", ", transport::make_clear_channel()->description());
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

void NodeListener::accept() {
  for (unsigned i = 0; i < limits_.accepts_per_turn; ++i) {
    // Whoever comes now waits in the kernel until a greeting is over.
    if (greetings_.size() >= limits_.greetings) return watch(false);
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
  const std::uint32_t ip = accepted.peer.ip;
  if (per_address_[ip] >= limits_.greetings_per_address) {
    log_.debug("closed a connection from ", sys::format_ip(ip), ": too many of its connections have not greeted");
    return;
  }
  PeerEvents& events = *this;
  auto peer =
      std::make_unique<Peer>(loop_, std::move(accepted), transport::Side::node, transport::ConnectionLimits{}, events);
  if (const auto status = peer->start(); !status) {
    log_.warning(status.error().text());
    return;
  }
  auto timeout = std::make_unique<sys::Timer>(loop_);
  Peer* const raw = peer.get();
  timeout->set(limits_.greeting_timeout, [raw] { raw->close("no greeting in time"); });
  ++per_address_[ip];
  greetings_.emplace(raw, Greeting{std::move(peer), std::move(timeout)});
}

std::unique_ptr<Peer> NodeListener::take(Peer& peer) {
  const auto found = greetings_.find(&peer);
  std::unique_ptr<Peer> taken = std::move(found->second.peer);
  greetings_.erase(found);
  const auto count = per_address_.find(taken->from().ip);
  if (--count->second == 0) per_address_.erase(count);
  if (listener_ && !retry_.pending()) watch(true);
  return taken;
}

void NodeListener::refuse(Peer& peer, const sys::Error& reason) {
  peer.send(transport::Refused{transport::protocol_version, reason.what});
  peer.close(reason.what, true);
}

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

void NodeListener::on_closed(Peer& peer, const sys::Error& reason) {
  if (const auto verdict = strangers_.ask(); verdict != RateLimit::Verdict::keep_quiet) {
    const bool last = verdict == RateLimit::Verdict::say_last;
    log_.info("connection from ", sys::format_address(peer.from()), " is not a node's: ", reason.text(),
              last ? "; further ones are not shown for a minute" : "");
  }
  dispose_later(loop_, take(peer));
}

}  // namespace frontend
