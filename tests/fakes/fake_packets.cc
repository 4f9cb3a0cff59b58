#include "tests/fakes/fake_packets.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace fakes {

class FakePackets::Socket final : public sys::PacketSocket {
 public:
  struct Waiting {
    sys::Mac from{};
    std::vector<std::byte> payload;
  };

  Socket(FakePackets& network, int link, std::uint16_t protocol)
      : network_(network), link_(link), protocol_(protocol), fd_(network.loop_.new_fd()) {
    network_.sockets_.push_back(this);
    network_.loop_.set_source(fd_, [this] { return idle() ? sys::Ready::none : sys::Ready::read; });
  }
  ~Socket() override {
    network_.loop_.set_source(fd_, {});
    std::erase(network_.sockets_, this);
  }

  sys::Result<Received> receive(std::span<std::byte> into) override {
    const std::string what = sys::cat("receive packet on ", link_);
    if (auto status = network_.faults_.check(what); !status) return tl::unexpected(status.error());
    if (error_ != 0) return sys::failure(std::exchange(error_, 0), what);
    if (waiting_.empty()) return sys::failure(EAGAIN, "");
    const Waiting packet = std::move(waiting_.front());
    waiting_.pop_front();
    const std::size_t size = std::min(into.size(), packet.payload.size());
    std::copy_n(packet.payload.begin(), size, into.begin());
    return Received{.size = size, .from = packet.from};
  }

  sys::Status send(const sys::Mac& to, std::span<const std::byte> payload) override {
    if (auto status = network_.faults_.check(sys::cat("send packet on ", link_)); !status) return status;
    const SentPacket packet{link_, protocol_, to, {payload.begin(), payload.end()}};
    network_.sent.push_back(packet);
    if (network_.on_send) network_.on_send(packet);
    return {};
  }

  int fd() const override { return fd_; }
  int link() const { return link_; }
  void arrive(Waiting packet) { waiting_.push_back(std::move(packet)); }
  void interrupt(int code) { error_ = code; }

 private:
  bool idle() const { return waiting_.empty() && error_ == 0; }

  FakePackets& network_;
  int link_;
  std::uint16_t protocol_;
  int fd_;
  int error_ = 0;
  std::deque<Waiting> waiting_;
};

sys::Result<std::unique_ptr<sys::PacketSocket>> FakePackets::open(int interface_index, std::uint16_t protocol) {
  const std::string what = sys::cat("open packet socket on ", interface_index);
  if (auto status = faults_.check(what); !status) return tl::unexpected(status.error());
  if (broken_.count(interface_index) != 0) return sys::failure(ENODEV, what);
  return std::make_unique<Socket>(*this, interface_index, protocol);
}

void FakePackets::deliver(int link, const sys::Mac& from, std::span<const std::byte> payload) {
  for (Socket* socket : sockets_)
    if (socket->link() == link) socket->arrive({from, {payload.begin(), payload.end()}});
}

void FakePackets::interrupt(int link, int code) {
  for (Socket* socket : sockets_)
    if (socket->link() == link) socket->interrupt(code);
}

std::size_t FakePackets::open_sockets(int link) const {
  return static_cast<std::size_t>(
      std::count_if(sockets_.begin(), sockets_.end(), [&](const Socket* socket) { return socket->link() == link; }));
}

}  // namespace fakes
