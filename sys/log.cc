#include "sys/log.h"

#include <algorithm>

namespace sys {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::notice:
      return "notice";
    case Severity::info:
      return "info";
    case Severity::debug:
      return "debug";
  }
  return "unknown";
}

void Log::write(Severity severity, std::string_view text) {
  Slot& slot = slots_[next_ % capacity];
  slot.severity = severity;
  slot.wall_ns = clock_.wall().time_since_epoch().count();
  slot.length = static_cast<std::uint16_t>(printable_into(slot.text, text));
  ++next_;
  if (hook_) hook_(context_);
}

void Log::write_pieces(Severity severity, std::initializer_list<TextPiece> pieces) {
  std::array<char, line_limit + 1> line;  // one more than is kept, so that a cut is seen and marked
  write(severity, {line.data(), join_into(line, pieces)});
}

std::uint64_t Log::first() const { return next_ > capacity ? next_ - capacity : 1; }

bool Log::read(std::uint64_t sequence, LogLine& line) const {
  const auto held = std::max(sequence, first());
  if (held > last()) return false;
  const Slot& slot = slots_[held % capacity];
  line.sequence = held;
  line.severity = slot.severity;
  line.wall = WallTime(Duration(slot.wall_ns));
  line.text = {slot.text.data(), slot.length};
  return true;
}

void Log::on_line(void (*hook)(void*), void* context) {
  hook_ = hook;
  context_ = context;
}

}  // namespace sys
