#include "nodeinit/log_forwarder.h"

#include <utility>

namespace node {

void LogForwarder::open(Outlet outlet) {
  outlet_ = std::move(outlet);
  next_ = 1;
  pump();
}

void LogForwarder::pump() {
  if (!outlet_.send || scheduled_) return;
  loop_.defer([this] {
    scheduled_ = false;
    send_all();
  });
  scheduled_ = true;
}

void LogForwarder::send_all() {
  while (outlet_.send && !outlet_.congested() && send_some()) {
  }
}

bool LogForwarder::send_some() {
  transport::LogLines message;
  sys::LogLine line;
  while (message.lines.size() < lines_per_message && log_.read(next_, line)) {
    message.lost += line.sequence - next_;
    next_ = line.sequence + 1;
    message.lines.push_back({.sequence = line.sequence,
                             .severity = static_cast<std::uint8_t>(line.severity),
                             .wall_ns = static_cast<std::uint64_t>(line.wall.time_since_epoch().count()),
                             .text = std::string(line.text)});
  }
  if (message.lines.empty()) return false;
  outlet_.send(std::move(message));
  return true;
}

}  // namespace node
