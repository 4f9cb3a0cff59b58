// Carries one output stream of a process away, at most a window ahead of what its reader has taken: then it stops reading,
// the pipe fills, and the process waits. What has not been taken is kept, to be delivered once more when it was lost on its
// way. Nothing that was written is lost.
//
//   open --process reaped--> draining --pipe empty, or enough read--> finished --all and the end delivered--> ended
//     |                                                                 ^            ^--------- rewind() --------'
//     +----------------------------- end of file -----------------------+
//
// A pipe whose process has ended may be held open by a daemon that it left behind. So in `draining` the stream
// ends as soon as the pipe is empty, or when as much has been read as a pipe can hold: all that the process itself
// wrote is out by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "process/output_gate.h"
#include "sys/loop.h"
#include "sys/stream.h"

namespace process {

class OutputPump final : private OutputGate::Waiter {
 public:
  static constexpr std::size_t piece_size = 16u << 10;     // bytes
  static constexpr std::uint64_t largest_pipe = 1u << 20;  // fs.pipe-max-size
  // `offset`: of the piece in the whole stream, bytes.
  using Deliver = std::function<void(std::uint64_t offset, std::span<const std::byte> piece, bool end)>;

  // `deliver` is called from the loop, with pieces of at most piece_size, and last with an empty piece and `end`; while
  // `gate` is closed it is not called. Null: it is always open.
  OutputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::uint64_t window, OutputGate* gate,
             Deliver deliver);
  ~OutputPump() override;
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  // All up to `position` has been taken; what has not been read yet does not count. May be called from `deliver`.
  void taken(std::uint64_t position);
  // What has not been taken is delivered once more, and the end if that was.
  void rewind();
  // The process has been reaped.
  void drain();
  // Its output is of no interest any more: ends at once; `deliver` is not called any more.
  void abandon();
  // The end has been delivered.
  bool ended() const { return told_end_; }

 private:
  void on_open() override { schedule(); }
  void schedule();
  void deliver_kept();
  void read_piece();
  void keep(std::span<const std::byte> piece);
  void finish();
  void tell_end();
  void stop_watching();
  std::uint64_t room() const { return window_ - (read_ - taken_); }

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;  // null once finished
  const std::uint64_t window_;
  OutputGate* const gate_;
  Deliver deliver_;
  std::uint64_t read_ = 0;  // positions in the stream
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::deque<std::vector<std::byte>> kept_;  // what has been read and is not wholly taken
  std::uint64_t kept_from_ = 0;              // where the first one begins
  std::size_t next_ = 0;                     // of kept_, to be delivered
  sys::WatchId watch_ = 0;
  sys::Timer turn_;
  bool draining_ = false;
  std::uint64_t drain_left_ = largest_pipe;
  bool told_end_ = false;
};

}  // namespace process
