// Whom the nodes' door lets in to a handshake. A configured node's address always has room, for a few connections at a
// time. All other addresses share a room of limited size: when it is full, the one that has been in it longest has to
// go, since an honest handshake is over in a moment. An address that was refused again and again is shut out for a while.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "sys/clock.h"

namespace frontend {

struct AdmissionLimits {
  std::size_t per_address = 8;  // handshakes under way
  std::size_t strangers = 256;  // of all addresses that no node has
  unsigned refusals = 32;       // of one address, within:
  sys::Duration refusal_memory = std::chrono::minutes(1);
  std::size_t addresses = 4096;  // whose refusals are remembered
};

class Admission {
 public:
  using Ticket = std::uint64_t;
  enum class Answer { admitted, too_many, shut_out };

  // `is_node`: whether a node has that address by configuration.
  Admission(sys::Clock& clock, AdmissionLimits limits, std::function<bool(std::uint32_t)> is_node)
      : clock_(clock), limits_(limits), is_node_(std::move(is_node)) {}

  // Whether one more from `ip` may come in. When it may, it holds a ticket from now on.
  Answer ask(std::uint32_t ip, Ticket& ticket);
  // The ticket of the stranger who has to make room, if one has to: leave() it.
  Ticket crowded_out() const;
  // The handshake is over, however.
  void leave(Ticket ticket);
  // What came from there was refused.
  void note_refusal(std::uint32_t ip);

 private:
  struct Refusals {
    sys::Instant since;
    unsigned count = 0;
  };
  struct Visit {
    std::uint32_t ip = 0;
    bool stranger = false;
  };
  bool shut_out(std::uint32_t ip) const;

  sys::Clock& clock_;
  const AdmissionLimits limits_;
  std::function<bool(std::uint32_t)> is_node_;
  Ticket next_ = 1;
  std::map<Ticket, Visit> visits_;  // in order of coming
  std::map<std::uint32_t, std::size_t> per_address_;
  std::size_t strangers_ = 0;
  std::map<std::uint32_t, Refusals> refusals_;
};

}  // namespace frontend
