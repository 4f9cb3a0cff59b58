// The log's way to the front end: after a Welcome everything that the ring holds, then each turn's new lines in one
// message. Lines have sequence numbers, so that the front end knows the ones that it has. Nothing here writes to the
// log: a line about sending lines would never end. While the connection is congested lines stay in the ring; what the
// ring loses meanwhile is counted.
#pragma once

#include <cstdint>
#include <functional>

#include "sys/log.h"
#include "sys/loop.h"
#include "transport/messages.h"

namespace node {

class LogForwarder {
 public:
  static constexpr std::size_t lines_per_message = 64;

  struct Outlet {
    std::function<void(transport::LogLines)> send;
    std::function<bool()> congested;
  };

  LogForwarder(sys::Loop& loop, sys::Log& log) : loop_(loop), log_(log) {}

  void open(Outlet outlet);  // joined
  void close() { outlet_ = {}; }
  // The log has a new line, or the connection is free again.
  void pump();

 private:
  void send_all();
  bool send_some();

  sys::Loop& loop_;
  sys::Log& log_;
  Outlet outlet_;
  bool scheduled_ = false;
  std::uint64_t next_ = 1;  // sequence of the next line to send
};

}  // namespace node
