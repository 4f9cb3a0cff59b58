// What nodeinit did from its first instruction on, entry by entry: sent to the front end on first contact and whenever
// something has changed since. docs/STATES.md shows the entries of a usual boot.
//
// The record is bounded. Details past `detail_capacity` are counted instead of kept, which leaves room for the phases;
// when that is used up as well, the last entry is taken again and again, so that the newest phase is always in the
// record.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/clock.h"
#include "transport/messages.h"

namespace node {

class BootRecord {
 public:
  using Entry = std::size_t;
  static constexpr std::size_t capacity = 256;
  static constexpr std::size_t detail_capacity = 224;
  static constexpr std::size_t text_limit = 240;  // bytes of a name or a reason; longer ones are cut

  BootRecord(sys::Clock& clock, sys::Instant birth) : clock_(clock), birth_(birth) {}

  // `changed` is called after every change.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  // A phase begins; the one that runs, if any, is done.
  void enter_phase(std::string name);
  // The phase that runs ends otherwise than by the next one.
  void end_phase(transport::Outcome outcome, std::string reason);

  // Something within a phase.
  Entry begin(std::string name);
  void end(Entry entry, transport::Outcome outcome, std::string reason = {});
  // How it goes so far with what has begun.
  void remark(Entry entry, std::string_view reason);
  // Something that takes no time, or whose time does not matter.
  void note(std::string name, transport::Outcome outcome, std::string reason = {});

  // The boot is over: nothing is added any more.
  void close() { closed_ = true; }

  std::uint64_t uptime_us() const;  // since nodeinit's first instruction
  const std::vector<transport::BootEntry>& entries() const { return entries_; }

  // The entries that are new or have changed since the last call, in one run; nothing when there are none.
  std::optional<transport::BootRecord> changes();
  // Everything counts as changed again: another front end, or the same one restarted, knows nothing.
  void forget_sent();

 private:
  static constexpr Entry none = static_cast<Entry>(-1);
  Entry add(std::string name);
  void leave_out();
  void touch(Entry entry);

  sys::Clock& clock_;
  sys::Instant birth_;
  std::function<void()> changed_;
  std::vector<transport::BootEntry> entries_;
  Entry phase_ = none;
  bool closed_ = false;
  Entry overflow_ = none;  // counts the details that were left out
  std::size_t left_out_ = 0;
  std::size_t first_changed_ = 0;  // [first_changed_, end_changed_) has changed
  std::size_t end_changed_ = 0;
};

}  // namespace node
