#include "frontend/nodemaster/rarp_responder.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {

RarpResponder::RarpResponder(sys::Loop& loop, sys::Links& links, sys::Packets& packets, sys::Log& log, NodeTable& table,
                             UnknownNodes& unknown, std::string interface, std::uint32_t address)
    : loop_(loop),
      links_(links),
      packets_(packets),
      log_(log),
      table_(table),
      unknown_(unknown),
      interface_(std::move(interface)),
      address_(address),
      retry_(loop) {}

RarpResponder::~RarpResponder() { close(); }

void RarpResponder::start() {
  if (const auto status = links_.on_change(loop_, [this] { look(); }); !status) {
    log_.error("changes of network links go unnoticed: ", status.error().text());
  }
  look();
}

void RarpResponder::look() {
  const auto links = links_.list();
  if (!links) return retry_later(links.error().text());
  const auto found =
      std::find_if(links->begin(), links->end(), [&](const sys::Link& link) { return link.name == interface_; });
  if (found == links->end()) {
    close();
    return say(sys::cat("there is no interface ", interface_, "; RARP is answered once it is there"));
  }
  if (socket_ && link_.index == found->index && link_.mac == found->mac) return;
  open(*found);
}

void RarpResponder::open(const sys::Link& link) {
  close();
  auto socket = packets_.open(link.index, sys::protocol_rarp);
  if (!socket) return retry_later(socket.error().text());
  const auto id = loop_.watch((*socket)->fd(), sys::Ready::read, [this](sys::Ready) { receive(); });
  if (!id) return retry_later(id.error().text());
  socket_ = std::move(*socket);
  watch_ = *id;
  link_ = link;
  trouble_.clear();
  retry_.cancel();
  log_.notice("answering RARP on ", interface_, " as ", sys::format_ip(address_));
}

void RarpResponder::close() {
  loop_.unwatch(std::exchange(watch_, 0));
  socket_.reset();
}

void RarpResponder::say(const std::string& trouble) {
  if (trouble != trouble_) log_.error(trouble);
  trouble_ = trouble;
}

void RarpResponder::retry_later(const std::string& trouble) {
  close();
  say(sys::cat("no RARP on ", interface_, ": ", trouble, "; trying again"));
  retry_.set(retry, [this] { look(); });
}

void RarpResponder::receive() {
  std::array<std::byte, 128> buffer;
  for (unsigned i = 0; i < packets_per_turn; ++i) {
    const auto received = socket_->receive(buffer);
    if (!received && received.error().code == EAGAIN) return;
    if (!received) return retry_later(received.error().text());
    const auto packet = network::decode_rarp(std::span(buffer).first(received->size));
    if (packet && packet->operation == network::RarpOperation::request) answer(*packet);
  }
}

void RarpResponder::answer(const network::RarpPacket& request) {
  const Node* node = table_.by_mac(request.target_mac);
  if (!node) return unknown_.report(request.target_mac, sys::cat("asks for an address on ", interface_));
  const network::RarpPacket reply{.operation = network::RarpOperation::reply,
                                  .sender_mac = link_.mac,
                                  .sender_ip = address_,
                                  .target_mac = request.target_mac,
                                  .target_ip = node->entry.address};
  if (const auto status = socket_->send(request.target_mac, network::encode(reply)); !status) {
    return say(sys::cat("cannot answer the RARP request of ", node->entry.name, ": ", status.error().text()));
  }
  log_.debug("gave ", node->entry.name, " its address ", sys::format_ip(node->entry.address));
  // Spares the ARP broadcast that would find the node again; a full neighbour table is no reason to complain.
  (void)links_.add_neighbour(link_.index, node->entry.address, request.target_mac);
  if (node->state == transport::NodeState::down) {
    table_.set_reason(node->entry.number, "has asked for its address, has not joined yet");
  }
}

}  // namespace frontend
