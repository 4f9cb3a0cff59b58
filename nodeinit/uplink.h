// The node's place at its front end: the control connection, recognised by Hello and Welcome, and the bulk connection,
// which the token of the Welcome opens.
//
//   away --control connected, Hello--> greeting --Welcome--> joined --connection over, or silence--> away
//                                         '--Refused, no answer, wrong version--> away
//
// Away means trying again, for ever (line.h). The bulk connection is tried for as long as the node is joined; losing it
// does not cost the control connection, losing control ends both. The front end pings; when it has been silent for the
// limit that the Welcome named, the connection is given up. Nothing here wakes an idle node: the silence timer moves
// ahead with every ping.
#pragma once

#include <functional>
#include <string>

#include "crypto/random.h"
#include "nodeinit/line.h"
#include "transport/trust.h"

namespace node {

class Uplink {
 public:
  struct Hooks {
    std::function<transport::Hello()> hello;
    std::function<void(const transport::Welcome&)> joined;
    std::function<void(const std::string& why)> lost;     // joined no more
    std::function<void(const std::string& why)> trouble;  // a try to join has failed
    // On either connection, while joined. `request`: of what is to be answered with it; else 0.
    std::function<void(std::uint64_t request, transport::Message)> message;
    std::function<void(bool there)> bulk;                 // the bulk connection comes and goes
    std::function<void()> drained;                        // control is no more congested
    std::function<void()> bulk_drained;                   // nor is bulk
  };

  // `random_key`: for the keys of every connection.
  Uplink(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, std::function<std::uint64_t()> random,
         crypto::Random random_key, Hooks hooks);

  void start(sys::TcpAddress front_end, const transport::PinnedKeys& keys);
  // When not joined, nothing is sent: the front end hears of the node's state with the next Hello.
  void send(const transport::Message& message, std::uint64_t request = 0);
  // Likewise without a bulk connection: who has one to send waits for Hooks::bulk.
  void send_bulk(const transport::Message& message);
  bool joined() const { return joined_; }
  bool congested() const { return control_.congested(); }
  bool bulk_congested() const { return bulk_.congested(); }
  const std::string& protection() const { return control_.protection(); }

 private:
  static constexpr sys::Duration greeting_limit = std::chrono::seconds(10);

  std::unique_ptr<transport::Channel> make_channel() const;
  Line::Hooks control_hooks();
  Line::Hooks bulk_hooks();
  void on_control(std::uint64_t request, transport::Message message);
  void on_welcome(const transport::Welcome& welcome);
  void on_control_ended(const std::string& why);
  void on_bulk_begun();
  void on_bulk(std::uint64_t request, transport::Message message);
  void on_refused(Line& line, const transport::Refused& refused);
  void expect_word(sys::Duration within);

  Hooks hooks_;
  crypto::Random random_key_;
  sys::TcpAddress front_end_;
  transport::PinnedKeys keys_;
  bool joined_ = false;
  transport::Welcome welcome_;  // the last
  sys::Timer silence_;
  Line control_;
  Line bulk_;
};

}  // namespace node
