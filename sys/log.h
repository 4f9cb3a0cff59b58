// The program's log: a fixed ring of lines. Sinks (console, /dev/kmsg, the front end) read from it at their
// own pace; a sink that falls behind loses the oldest lines and is told how many. Logging never blocks and
// never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "sys/clock.h"
#include "sys/text.h"

namespace sys {

// As in syslog(3); lower is worse.
enum class Severity : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };
std::string_view name_of(Severity severity);

struct LogLine {
  std::uint64_t sequence = 0;  // counts from 1, without gaps
  Severity severity = Severity::info;
  WallTime wall;
  std::string_view text;  // valid until the next write
};

class Log {
 public:
  static constexpr std::size_t capacity = 512;    // lines
  static constexpr std::size_t line_limit = 240;  // bytes; longer lines are cut

  explicit Log(Clock& clock) : clock_(clock) {}

  // Control characters and broken UTF-8 become \xNN; what is cut ends in "...".
  void write(Severity severity, std::string_view text);
  // log.info("node ", 3, " is up"): strings, characters and integers, as for cat().
  template <class... P> void error(const P&... p) { write_pieces(Severity::error, {TextPiece(p)...}); }
  template <class... P> void warning(const P&... p) { write_pieces(Severity::warning, {TextPiece(p)...}); }
  template <class... P> void notice(const P&... p) { write_pieces(Severity::notice, {TextPiece(p)...}); }
  template <class... P> void info(const P&... p) { write_pieces(Severity::info, {TextPiece(p)...}); }
  template <class... P> void debug(const P&... p) { write_pieces(Severity::debug, {TextPiece(p)...}); }

  std::uint64_t last() const { return next_ - 1; }  // sequence of the newest line; 0: none yet
  std::uint64_t first() const;                      // sequence of the oldest line still held
  // The line with that sequence, or the oldest one held if it is gone; nothing past the newest.
  bool read(std::uint64_t sequence, LogLine& line) const;

  // Called after each line; a sink uses it to wake up. May be empty. Must not log.
  void on_line(void (*hook)(void*), void* context);

 private:
  // Without constructors: memory that no line has been written to is never touched.
  struct Slot {
    Severity severity;
    std::uint16_t length;
    std::int64_t wall_ns;  // since the epoch
    std::array<char, line_limit> text;
  };
  void write_pieces(Severity severity, std::initializer_list<TextPiece> pieces);

  Clock& clock_;
  std::uint64_t next_ = 1;
  void (*hook_)(void*) = nullptr;
  void* context_ = nullptr;
  std::array<Slot, capacity> slots_;
};

}  // namespace sys
