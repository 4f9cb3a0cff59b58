// One connection to the front end that is kept: it connects, says its greeting, hands up what comes, and when it ends
// it tries again after a growing delay, for ever.
//
//   idle --open()--> trying --Hooks::greet--> open --it ends--> waiting --delay--> trying
//     ^------------------------------ shut() ------------------------------'
//
// Why there is no connection is said once per reason, and again each time that the number of tries has doubled: a
// thousand nodes without a front end must not drown its console.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sys/backoff.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/connection.h"
#include "transport/session.h"

namespace node {

class Line final : private transport::ConnectionHandler {
 public:
  struct Hooks {
    std::function<std::unique_ptr<transport::Channel>()> channel;  // for every connection a new one
    std::function<transport::Message()> greeting;                  // the first message of every connection
    std::function<void()> begun;                                   // a connection begins, its greeting is on its way
    std::function<void(std::uint64_t request, transport::Message)> message;  // one that is legal now
    std::function<void(const std::string& why)> ended;  // a connection is over, or could not be made
    std::function<void()> drained;                      // below the high-water mark again
  };

  // `name`: "front end", for the log.
  Line(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, std::function<std::uint64_t()> random, std::string name,
       transport::ConnectionKind kind, Hooks hooks);

  void open(sys::TcpAddress to);
  void shut();  // idle, without a word to anybody
  // Ends this connection, and tries again.
  void fail(std::string reason);
  // The other end has recognised us, or will have by the time it answers: its larger frames are welcome now, and with
  // the next message the delay is the shortest again.
  void recognised();

  void send(const transport::Message& message, std::uint64_t request = 0);
  bool congested() const { return connection_ && connection_->congested(); }
  bool is_open() const { return connection_ && connection_->open(); }
  const std::string& protection() const { return protection_; }  // of the newest connection: "in the clear"

 private:
  void connect();
  sys::Status try_to_connect();
  void over(const std::string& reason);
  void complain(const std::string& reason, sys::Duration delay);
  void settle();
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_drained() override;
  void on_closed(const sys::Error& reason) override;

  sys::Loop& loop_;
  sys::Sockets& sockets_;
  sys::Log& log_;
  std::string name_;
  transport::ConnectionKind kind_;
  Hooks hooks_;
  sys::TcpAddress to_;
  transport::SessionState session_ = transport::SessionState::greeting;
  sys::Backoff backoff_;
  sys::Timer retry_;
  std::unique_ptr<transport::Connection> connection_;
  std::string protection_;
  std::string complaint_;  // the last that was logged
};

}  // namespace node
