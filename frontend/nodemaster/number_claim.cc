#include "frontend/nodemaster/number_claim.h"

#include "transport/codec.h"

namespace frontend {

NumberClaim::NumberClaim(sys::Loop& loop, transport::Hello hello, std::unique_ptr<Peer> peer,
                         std::function<void()> unanswered, std::function<void(Counter)> gone)
    : hello_(std::move(hello)), peer_(std::move(peer)), gone_(std::move(gone)), timer_(loop) {
  PeerEvents& events = *this;
  peer_->listen(events);
  timer_.set(patience, std::move(unanswered));
}

void NumberClaim::refuse(const std::string& reason) {
  timer_.cancel();
  gone_ = [](Counter) {};
  peer_->send(transport::Refused{transport::protocol_version, reason});
  peer_->close(reason, true);
}

std::unique_ptr<Peer> NumberClaim::grant() {
  timer_.cancel();
  return std::move(peer_);
}

// It has said all that a node may say before it is welcome.
void NumberClaim::on_message(Peer& peer, std::uint64_t, transport::Message) { peer.close("a second greeting"); }

void NumberClaim::on_closed(Peer& peer, const sys::Error&) {
  timer_.cancel();
  const bool forged = peer.fault() != transport::ChannelFault::none;
  gone_(forged ? Counter::record_not_authentic : peer.left() ? Counter::handshake_abandoned : Counter::message_refused);
}

}  // namespace frontend
