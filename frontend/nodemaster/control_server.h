// The control socket: a Unix socket for commands, whose permissions are the door. A bounded number of commands at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "frontend/nodemaster/client.h"
#include "frontend/nodemaster/verb.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace frontend {

class ControlServer {
 public:
  static constexpr std::size_t max_clients = 256;
  static constexpr std::uint32_t socket_mode = 0600;

  ControlServer(sys::Loop& loop, sys::Log& log, Desk desk) : loop_(loop), log_(log), desk_(desk), pause_(loop) {}
  ~ControlServer();
  // Refused when another nodemaster listens there.
  sys::Status start(sys::Sockets& sockets, const std::string& path);

 private:
  sys::Status watch();
  void accept();
  void admit(sys::Listener::Accepted accepted);

  sys::Loop& loop_;
  sys::Log& log_;
  Desk desk_;
  std::unique_ptr<sys::Listener> listener_;
  sys::WatchId watch_ = 0;
  sys::Timer pause_;  // after a failure to accept
  std::uint64_t next_client_ = 1;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
};

}  // namespace frontend
