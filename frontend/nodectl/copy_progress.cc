#include "frontend/nodectl/copy_progress.h"

#include <utility>

#include "sys/terminal.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

CopyProgress::CopyProgress(Context& context, std::function<CopyCount()> count)
    : context_(context), count_(std::move(count)), next_(context.loop) {
  if (sys::terminal_size(2)) next_.set(interval, [this] { draw(); });
}

CopyProgress::~CopyProgress() {
  if (drawn_) context_.error.write(clear_line);
}

void CopyProgress::draw() {
  drawn_ = true;
  // What others write there begins at the left, over it.
  if (context_.error.empty()) context_.error.write(sys::cat(clear_line, describe(count_()), "\r"));
  next_.set(interval, [this] { draw(); });
}

std::string describe(const CopyCount& count) {
  const std::uint64_t tenths = count.bytes / 100'000;
  return sys::cat(count.files, count.files == 1 ? " file, " : " files, ", tenths / 10, ".", tenths % 10, " MB");
}

}  // namespace frontend
