#include "frontend/nodemaster/peer.h"

#include "sys/text.h"
#include "transport/codec.h"

namespace frontend {

Peer::Peer(sys::Loop& loop, sys::Listener::Accepted accepted, std::unique_ptr<transport::Channel> channel,
           transport::Side side, transport::ConnectionLimits limits, PeerEvents& events)
    : from_(accepted.peer),
      side_(side),
      events_(&events),
      connection_(loop, std::move(accepted.stream), std::move(channel), limits, *this) {}

void Peer::hand_over(transport::ConnectionKind kind, transport::ConnectionLimits limits, PeerEvents& events) {
  kind_ = kind;
  state_ = transport::SessionState::joined;
  events_ = &events;
  connection_.set_limits(limits);
}

void Peer::on_message(std::uint64_t request, transport::Message message) {
  if (const auto legal = transport::check_legal(transport::number_of(message), side_, kind_, state_); !legal) {
    return close(legal.error().what);
  }
  events_->on_message(*this, request, std::move(message));
}

}  // namespace frontend
