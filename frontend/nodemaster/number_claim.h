// A second machine that says it is a node which is connected already. The connected one is asked for a sign of life: when
// it gives one, the newcomer is refused; when it has none, the node has rebooted, and the newcomer is it.
#pragma once

#include <functional>
#include <memory>

#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/peer.h"
#include "sys/loop.h"
#include "transport/messages.h"

namespace frontend {

class NumberClaim final : private PeerEvents {
 public:
  static constexpr sys::Duration patience = std::chrono::seconds(3);

  // `unanswered` is called when the connected one has given no sign for so long, `gone` when the newcomer has left or has
  // said something wrong; either once, from the loop, and the claim is to be disposed of later.
  NumberClaim(sys::Loop& loop, transport::Hello hello, std::unique_ptr<Peer> peer, std::function<void()> unanswered,
              std::function<void(Counter why)> gone);

  const transport::Hello& hello() const { return hello_; }
  sys::TcpAddress from() const { return peer_->from(); }
  // The claim is of no more use then; `gone` is not called.
  void refuse(const std::string& reason);
  // The newcomer is the node. The claim is of no more use then.
  std::unique_ptr<Peer> grant();

 private:
  void on_message(Peer& peer, std::uint64_t request, transport::Message message) override;
  void on_closed(Peer& peer, const sys::Error& reason) override;

  transport::Hello hello_;
  std::unique_ptr<Peer> peer_;
  std::function<void(Counter)> gone_;
  sys::Timer timer_;
};

}  // namespace frontend
