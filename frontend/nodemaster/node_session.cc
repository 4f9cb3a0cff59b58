#include "frontend/nodemaster/node_session.h"

#include <algorithm>
#include <cerrno>

#include "frontend/nodemaster/dispose.h"
#include "sys/text.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr transport::ConnectionLimits control_limits = {.body = transport::max_body};
// Bytes. The rest is for what has to be sent: a node that does not take that either is given up.
constexpr std::size_t most_tried = control_limits.output_limit / 2;
// Congested as soon as the socket takes no more: then at most one piece of content waits for each node.
constexpr transport::ConnectionLimits bulk_limits = {.body = transport::max_body, .output_high = 1};

std::string describe(sys::Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? sys::cat(ms / 1000, " s") : sys::cat(ms, " ms");
}

}  // namespace

NodeSession::NodeSession(sys::Loop& loop, transport::NodeNumber node, std::uint64_t boot_id, std::uint64_t token,
                         Heartbeat heartbeat, sys::Duration first_ping, std::unique_ptr<Peer> control,
                         ContentStore& store, SessionEvents& events)
    : loop_(loop),
      node_(node),
      boot_id_(boot_id),
      token_(token),
      heartbeat_(heartbeat),
      store_(store),
      events_(events),
      control_(std::move(control)),
      heard_(loop.clock().now()),
      next_ping_(heard_ + first_ping),
      timer_(loop) {
  control_->hand_over(transport::ConnectionKind::control, control_limits, *this);
  set_timer();
}

void NodeSession::attach_bulk(std::unique_ptr<Peer> bulk) {
  if (bulk_) drop_bulk("the node has opened another bulk connection");
  bulk_ = std::move(bulk);
  bulk_->hand_over(transport::ConnectionKind::bulk, bulk_limits, *this);
  fetches_.emplace(store_, node_, *bulk_);
}

void NodeSession::drop_bulk(const std::string& reason) {
  fetches_.reset();
  dispose_later(loop_, std::move(bulk_));
  events_.on_session_bulk_lost(*this, reason);
}

sys::Status NodeSession::try_send(const transport::Message& message) {
  transport::Bytes frame;
  if (auto status = transport::append_frame(message, 0, frame); !status)
    return sys::failure(E2BIG, status.error().text());
  if (control_->pending_output() + frame.size() > most_tried)
    return sys::failure(EAGAIN,
                        sys::cat("too much waits for the node already: ", control_->pending_output(), " bytes"));
  control_->send(message);
  return {};
}

bool NodeSession::send_bulk(const transport::Message& message) {
  if (!bulk_) return false;
  bulk_->send(message);
  return true;
}

void NodeSession::on_message(Peer& peer, std::uint64_t request, transport::Message message) {
  heard_ = loop_.clock().now();
  if (request != 0) return events_.on_session_answer(*this, request, std::move(message));
  const auto* fetch = std::get_if<transport::Fetch>(&message);
  if (!fetch) return events_.on_session_message(*this, std::move(message));
  if (!fetches_ || &peer != bulk_.get()) return;  // of a connection that has been replaced
  if (const auto status = fetches_->add(*fetch); !status) peer.close(status.error().what);
}

void NodeSession::on_drained(Peer& peer) {
  if (fetches_ && &peer == bulk_.get()) fetches_->serve();
}

void NodeSession::on_closed(Peer& peer, const sys::Error& reason) {
  if (peer.fault() != transport::ChannelFault::none) {
    events_.on_session_forged(*this, peer.from());
  } else if (!peer.left() && reason.code == 0 && !given_up_ && !peer.congested()) {
    events_.on_session_refused(*this);
  }
  if (&peer == bulk_.get()) return drop_bulk(reason.text());
  if (&peer != control_.get()) return;
  timer_.cancel();
  events_.on_session_over(*this, reason.text());
}

void NodeSession::close(std::string reason) {
  given_up_ = true;
  control_->close(std::move(reason), true);
}

std::uint64_t NodeSession::challenge() {
  control_->send(transport::Ping{++pings_});
  return pings_;
}

void NodeSession::beat() {
  const sys::Instant now = loop_.clock().now();
  if (now - heard_ >= heartbeat_.silence_limit) {
    return close(sys::cat("no answer for ", describe(heartbeat_.silence_limit)));
  }
  if (now >= next_ping_) {
    control_->send(transport::Ping{++pings_});
    next_ping_ = now + heartbeat_.interval;
  }
  set_timer();
}

void NodeSession::set_timer() {
  const sys::Instant next = std::min(next_ping_, heard_ + heartbeat_.silence_limit);
  timer_.set(std::max(next - loop_.clock().now(), sys::Duration::zero()), [this] { beat(); });
}

}  // namespace frontend
