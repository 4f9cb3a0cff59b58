#include "frontend/nodemaster/log_writer.h"

#include <cerrno>
#include <span>

#include "frontend/nodectl/time_text.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::string stamp(const sys::LogLine& line) {
  const auto wall = static_cast<std::uint64_t>(line.wall.time_since_epoch().count());
  return sys::cat(iso_time(wall), " ", sys::name_of(line.severity), ": ");
}

}  // namespace

LogWriter::LogWriter(sys::Loop& loop, sys::Log& log, std::unique_ptr<sys::Stream> stream, sys::Severity least)
    : loop_(loop), log_(log), stream_(std::move(stream)), least_(least) {
  log_.on_line([](void* self) { static_cast<LogWriter*>(self)->on_line(); }, this);
  on_line();
}

LogWriter::~LogWriter() {
  log_.on_line(nullptr, nullptr);
  pump();
  loop_.unwatch(watch_);
}

// Once per turn of the loop, however many lines are written in it.
void LogWriter::on_line() {
  if (scheduled_) return;
  loop_.defer([this] {
    scheduled_ = false;
    if (watch_ == 0) pump();
  });
  scheduled_ = true;
}

void LogWriter::pump() {
  while (!pending_.empty() || fill()) {
    const auto written = stream_->write(std::as_bytes(std::span(pending_)));
    if (written) {
      pending_.erase(0, *written);
    } else if (written.error().code == EAGAIN) {
      if (watch_ != 0) return;
      const auto id = loop_.watch(stream_->fd(), sys::Ready::write, [this](sys::Ready) {
        loop_.unwatch(std::exchange(watch_, 0));
        pump();
      });
      watch_ = id ? *id : 0;
      return;
    } else {
      pending_.clear();  // nobody reads any more: nobody misses it
    }
  }
}

bool LogWriter::fill() {
  sys::LogLine line;
  while (log_.read(next_, line)) {
    const std::uint64_t lost = line.sequence - next_;
    next_ = line.sequence + 1;
    if (lost > 0) pending_ += sys::cat(stamp(line), lost, " lines are lost here: nobody read them in time\n");
    if (line.severity <= least_) pending_ += sys::cat(line.text.starts_with(' ') ? "" : stamp(line), line.text, '\n');
    if (!pending_.empty()) return true;
  }
  return false;
}

}  // namespace frontend
