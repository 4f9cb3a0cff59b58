#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <optional>
#include <utility>

#include "network/finder.h"
#include "network/prefix.h"
#include "network/rarp.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace network {
namespace {

constexpr int packets_per_turn = 64;         // per link: a flood delays nobody else
constexpr std::size_t largest_packet = 128;  // bytes; longer ones are cut, their first 28 bytes count
constexpr std::uint8_t group_bit = 1;        // of a hardware address's first byte: many machines

// Nothing: a packet for somebody else. An error: an answer to us that no good server gives.
sys::Result<std::optional<Answer>> judge(const sys::Link& link, std::span<const std::byte> payload) {
  auto packet = decode_rarp(payload);
  if (!packet) return tl::unexpected(packet.error());
  if (packet->operation != RarpOperation::reply || packet->target_mac != link.mac) return std::nullopt;
  if (!is_unicast(packet->target_ip)) {
    return sys::refusal(sys::cat("it offers ", sys::format_ip(packet->target_ip), ", which no machine can have"));
  }
  if (!is_unicast(packet->sender_ip) || (packet->sender_mac[0] & group_bit) != 0) {
    return sys::refusal(sys::cat("it says that it is from ", sys::format_ip(packet->sender_ip), " at ",
                                 sys::format_mac(packet->sender_mac), ", which no machine can be"));
  }
  if (packet->sender_ip == packet->target_ip) {
    return sys::refusal(sys::cat("its sender ", sys::format_ip(packet->sender_ip), " offers its own address"));
  }
  return Answer{.link = link,
                .address = packet->target_ip,
                .server = packet->sender_ip,
                .server_mac = packet->sender_mac,
                .origin = sys::cat("rarp answer from ", sys::format_ip(packet->sender_ip), " on ", link.name)};
}

class RarpFinder final : public Finder {
 public:
  explicit RarpFinder(FinderParts parts) : parts_(std::move(parts)) {}
  ~RarpFinder() override {
    for (Port& port : ports_)
      close(port);
  }

  std::vector<Answer> ask(std::vector<Candidate>& candidates) override;
  std::uint32_t requests() const override { return requests_; }
  std::string trouble(const std::string& names) const override;

 private:
  // A link with a socket of its own; the socket is opened when there is something to ask.
  struct Port {
    sys::Link link;
    std::unique_ptr<sys::PacketSocket> socket;
    sys::WatchId watch = 0;
  };

  void forget_gone(const std::vector<Candidate>& candidates);
  Port& port_of(const sys::Link& link);
  sys::Status ask_on(Port& port);
  sys::Status open(Port& port);
  void close(Port& port);
  void on_readable(int index);
  void read(Port& port, std::vector<Answer>& answers);
  void refuse(const Port& port, const sys::Error& reason);

  FinderParts parts_;
  std::vector<Port> ports_;
  std::uint32_t requests_ = 0;
  std::uint32_t refused_ = 0;
  std::string last_refusal_;
};

std::vector<Answer> RarpFinder::ask(std::vector<Candidate>& candidates) {
  forget_gone(candidates);
  for (Candidate& candidate : candidates) {
    if (!candidate.link_problem.empty()) continue;
    auto asked = ask_on(port_of(candidate.link));
    candidate.ask_problem = asked ? "" : asked.error().text();
  }
  return {};
}

void RarpFinder::forget_gone(const std::vector<Candidate>& candidates) {
  for (Port& port : ports_) {
    const bool there = std::any_of(candidates.begin(), candidates.end(),
                                   [&](const Candidate& candidate) { return candidate.link.index == port.link.index; });
    if (!there) close(port);
  }
  std::erase_if(ports_, [](const Port& port) { return port.socket == nullptr; });
}

RarpFinder::Port& RarpFinder::port_of(const sys::Link& link) {
  auto port = std::find_if(ports_.begin(), ports_.end(), [&](const Port& p) { return p.link.index == link.index; });
  if (port == ports_.end()) port = ports_.insert(ports_.end(), Port{});
  port->link = link;  // its hardware address may have changed
  return *port;
}

sys::Status RarpFinder::ask_on(Port& port) {
  auto opened = open(port);
  if (!opened) return opened;
  const RarpPacket request{.sender_mac = port.link.mac, .target_mac = port.link.mac};
  auto sent = port.socket->send(sys::broadcast_mac, encode(request));
  if (sent) {
    ++requests_;
  } else {
    close(port);  // the next try begins anew
  }
  return sent;
}

sys::Status RarpFinder::open(Port& port) {
  if (port.socket) return {};
  auto socket = parts_.packets.open(port.link.index, sys::protocol_rarp);
  if (!socket) return tl::unexpected(socket.error());
  auto watch = parts_.loop.watch((*socket)->fd(), sys::Ready::read,
                                 [this, index = port.link.index](sys::Ready) { on_readable(index); });
  if (!watch) return tl::unexpected(watch.error());
  port.socket = std::move(*socket);
  port.watch = *watch;
  return {};
}

void RarpFinder::close(Port& port) {
  if (!port.socket) return;
  parts_.loop.unwatch(port.watch);
  port.socket.reset();
}

void RarpFinder::on_readable(int index) {
  std::vector<Answer> answers;
  // Who was first is read first; what else has arrived by now belongs to the same report.
  for (Port& port : ports_) {
    if (port.link.index == index) read(port, answers);
  }
  for (Port& port : ports_) {
    if (port.link.index != index) read(port, answers);
  }
  if (!answers.empty()) parts_.answered(std::move(answers));
}

void RarpFinder::read(Port& port, std::vector<Answer>& answers) {
  std::array<std::byte, largest_packet> buffer;
  for (int i = 0; i < packets_per_turn && port.socket; ++i) {
    auto received = port.socket->receive(buffer);
    if (!received) {
      if (received.error().code == EAGAIN) return;
      close(port);  // the link went down or away; asking opens it again
      return;
    }
    auto answer = judge(port.link, std::span(buffer).first(received->size));
    if (!answer) {
      refuse(port, answer.error());
    } else if (*answer) {
      answers.push_back(std::move(**answer));
    }
  }
}

void RarpFinder::refuse(const Port& port, const sys::Error& reason) {
  last_refusal_ = sys::cat("on ", port.link.name, ": ", reason.text());
  // The 1st, 2nd, 4th, 8th ...: whoever floods us does not flood the log.
  if (std::has_single_bit(++refused_)) {
    parts_.log.warning("network: rarp answer refused (", refused_, " so far) ", last_refusal_);
  }
}

std::string RarpFinder::trouble(const std::string& names) const {
  std::string text = requests_ == 0 ? sys::cat("no RARP request could be sent on ", names)
                                    : sys::cat("no answer to ", requests_,
                                               requests_ == 1 ? " RARP request on " : " RARP requests on ", names);
  if (refused_ == 0) return text;
  return sys::cat(text, "; ", refused_, " refused, the last ", last_refusal_);
}

}  // namespace

std::unique_ptr<Finder> make_rarp_finder(FinderParts parts) { return std::make_unique<RarpFinder>(std::move(parts)); }

}  // namespace network
