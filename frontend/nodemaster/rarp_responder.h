// Answers RARP requests (RFC 903) on the nodes' network: the MAC of a configured node gets that node's address, any
// other is reported with the lines that would configure it. The interface may come later, go, and come back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/unknown_nodes.h"
#include "network/rarp.h"
#include "sys/links.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/packet.h"

namespace frontend {

class RarpResponder {
 public:
  static constexpr unsigned packets_per_turn = 64;
  static constexpr sys::Duration retry = std::chrono::seconds(2);

  // `address` is the front end's own.
  RarpResponder(sys::Loop& loop, sys::Links& links, sys::Packets& packets, sys::Log& log, NodeTable& table,
                UnknownNodes& unknown, std::string interface, std::uint32_t address);
  ~RarpResponder();
  void start();

 private:
  void look();
  void open(const sys::Link& link);
  void close();
  void say(const std::string& trouble);
  void retry_later(const std::string& trouble);
  void receive();
  void answer(const network::RarpPacket& request);

  sys::Loop& loop_;
  sys::Links& links_;
  sys::Packets& packets_;
  sys::Log& log_;
  NodeTable& table_;
  UnknownNodes& unknown_;
  const std::string interface_;
  const std::uint32_t address_;
  sys::Link link_;  // while socket_ is open
  std::unique_ptr<sys::PacketSocket> socket_;
  sys::WatchId watch_ = 0;
  sys::Timer retry_;
  std::string trouble_;  // said last
};

}  // namespace frontend
