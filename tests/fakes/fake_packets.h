// Raw frames in memory: the test sees what is sent on each link and sends what it likes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sys/packet.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/faults.h"

namespace fakes {

struct SentPacket {
  int link = 0;
  std::uint16_t protocol = 0;
  sys::Mac to{};
  std::vector<std::byte> payload;
};

class FakePackets final : public sys::Packets {
 public:
  FakePackets(FakeLoop& loop, Faults& faults) : loop_(loop), faults_(faults) {}

  sys::Result<std::unique_ptr<sys::PacketSocket>> open(int interface_index, std::uint16_t protocol) override;

  // Arrives on every socket that is open on the link now.
  void deliver(int link, const sys::Mac& from, std::span<const std::byte> payload);
  // Opening a socket on this link fails until repair().
  void break_link(int link) { broken_.insert(link); }
  void repair(int link) { broken_.erase(link); }
  // The next receive on the link fails with `code`, as when its interface goes down (ENETDOWN).
  void interrupt(int link, int code);
  std::size_t open_sockets(int link) const;

  std::vector<SentPacket> sent;
  // Called for each packet sent, from inside send(); may deliver(). May be empty.
  std::function<void(const SentPacket&)> on_send;

 private:
  class Socket;
  FakeLoop& loop_;
  Faults& faults_;
  std::vector<Socket*> sockets_;
  std::set<int> broken_;
};

}  // namespace fakes
