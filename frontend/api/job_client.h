// A connection to nodemaster for a program that has no loop of ours: it turns one of its own for as long as it is asked
// to. What comes is kept until it is taken, at most `most_waiting` messages: then nothing more is read.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/connection.h"

namespace frontend {

class JobClient final : private transport::ConnectionHandler {
 public:
  static constexpr std::size_t most_waiting = 64;

  ~JobClient() override;
  // Connects to the socket at `path`.
  static sys::Result<std::unique_ptr<JobClient>> connect(const std::string& path);

  sys::Status send(const transport::Message& message);
  // The next message, for which it waits at most so long (nothing: for ever). Nothing: none has come in time. An error:
  // the connection is over, and all that came before was taken; a Failure is one as well.
  sys::Result<std::optional<transport::Message>> next(std::optional<sys::Duration> patience);
  // -1: the connection is over. Its number may be anybody's then.
  int fd() const { return over_ ? -1 : fd_; }

 private:
  JobClient() = default;
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_closed(const sys::Error& reason) override;
  void turn(std::optional<sys::Duration> patience);

  sys::KernelClock clock_;
  sys::KernelSockets sockets_;
  std::unique_ptr<sys::Loop> loop_;
  int fd_ = -1;  // of the connection's stream
  std::unique_ptr<transport::Connection> connection_;
  std::deque<transport::Message> waiting_;
  std::optional<sys::Error> over_;
};

}  // namespace frontend
