#include "nodeinit/kernel_log.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace node {

void KernelLog::enable() {
  enabled_ = true;
  pump();
}

void KernelLog::pump() {
  sys::LogLine line;
  while (enabled_ && log_.read(next_, line)) {
    dropped_ += line.sequence - next_;
    next_ = line.sequence + 1;
    if (line.severity > sys::Severity::info) continue;
    if (!take_token()) {
      ++dropped_;
      continue;
    }
    std::string text = sys::cat("<7>nodeinit: ", line.text);
    if (const std::uint64_t dropped = std::exchange(dropped_, 0))
      text += sys::cat(" (", dropped, " lines dropped before)");
    if (!files_.write("/dev/kmsg", text)) ++dropped_;
  }
}

bool KernelLog::take_token() {
  const sys::Instant now = clock_.now();
  const auto earned = (now - refilled_) / refill;
  if (earned > 0) {
    tokens_ = static_cast<unsigned>(std::min<std::int64_t>(burst, tokens_ + earned));
    refilled_ = now;
  }
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

}  // namespace node
