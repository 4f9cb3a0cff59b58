// Whom the nodes' door lets in to a handshake. A configured node's address always has room: when it has too many
// connections under way, its own oldest has to go. All other addresses share a room of limited size, from which the one
// has to go that has been in it longest, since an honest handshake is over in a moment; and one that was refused again
// and again is shut out for a while.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "sys/clock.h"

namespace frontend {

struct AdmissionLimits {
  std::size_t per_address = 8;  // handshakes under way
  std::size_t strangers = 64;   // of all addresses that no node has
  unsigned refusals = 32;       // of one address, within:
  sys::Duration refusal_memory = std::chrono::minutes(1);
  std::size_t addresses = 256;  // whose refusals are remembered
};

class Admission {
 public:
  using Ticket = std::uint64_t;  // 0: none

  // A place in a handshake, given back when it goes.
  class Pass {
   public:
    Pass() = default;
    Pass(Admission& admission, Ticket ticket) : admission_(&admission), ticket_(ticket) {}
    Pass(Pass&& other) noexcept : admission_(other.admission_), ticket_(std::exchange(other.ticket_, 0)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(admission_, other.admission_);
      std::swap(ticket_, other.ticket_);
      return *this;
    }
    ~Pass() {
      if (ticket_ != 0) admission_->leave(ticket_);
    }
    Ticket ticket() const { return ticket_; }

   private:
    Admission* admission_ = nullptr;
    Ticket ticket_ = 0;
  };

  // `is_node`: whether a node has that address by configuration.
  Admission(sys::Clock& clock, AdmissionLimits limits, std::function<bool(std::uint32_t)> is_node)
      : clock_(clock), limits_(limits), is_node_(std::move(is_node)), refusals_(limits.addresses) {}

  // Without a ticket: shut out.
  Pass ask(std::uint32_t ip);
  // Who has to make room after one from `ip` has come in, if anybody.
  struct Crowded {
    Ticket ticket = 0;
    bool same_address = false;  // else a stranger
  };
  Crowded crowded_out(std::uint32_t ip) const;
  // What came from there was refused.
  void note_refusal(std::uint32_t ip);

 private:
  struct Refusals {
    std::uint32_t ip = 0;
    unsigned count = 0;  // 0: the place is free
    sys::Instant since;
  };
  struct Visit {
    std::uint32_t ip = 0;
    bool stranger = false;
  };
  void leave(Ticket ticket);
  Ticket oldest(const std::function<bool(const Visit&)>& wanted) const;
  bool shut_out(std::uint32_t ip) const;
  bool fresh(const Refusals& refusals) const;

  sys::Clock& clock_;
  const AdmissionLimits limits_;
  std::function<bool(std::uint32_t)> is_node_;
  Ticket next_ = 1;
  std::map<Ticket, Visit> visits_;  // in order of coming
  std::map<std::uint32_t, std::size_t> per_address_;
  std::size_t strangers_ = 0;
  std::vector<Refusals> refusals_;  // of fixed size, so that a flood leaves nothing behind in the heap
};

}  // namespace frontend
