// Carries one output stream of a process away, within the credit that its reader has given: at zero credit it
// stops reading, the pipe fills, and the process waits. Nothing that was written is lost.
//
//   open --process reaped--> draining --pipe empty, or enough read--> ended
//     |                                                                 ^
//     +----------------------------- end of file -----------------------+
//
// A pipe whose process has ended may be held open by a daemon that it left behind. So in `draining` the stream
// ends as soon as the pipe is empty, or when as much has been read as a pipe can hold: all that the process itself
// wrote is out by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "sys/loop.h"
#include "sys/stream.h"

namespace process {

class OutputPump {
 public:
  static constexpr std::size_t piece_size = 16u << 10;     // bytes
  static constexpr std::uint64_t largest_pipe = 1u << 20;  // fs.pipe-max-size
  using Deliver = std::function<void(std::span<const std::byte> piece, bool end)>;

  // `deliver` is called from the loop, with pieces of at most piece_size, and last with an empty piece and `end`.
  OutputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::uint64_t credit, Deliver deliver);
  ~OutputPump();
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  void add_credit(std::uint64_t bytes);
  // The process has been reaped.
  void drain();
  // Its output is of no interest any more: ends at once; `deliver` is not called any more.
  void abandon();
  bool ended() const { return ended_; }

 private:
  void schedule();
  void read_piece();
  void end();
  void stop_watching();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;
  std::uint64_t credit_;
  Deliver deliver_;
  sys::WatchId watch_ = 0;
  sys::Timer drain_turn_;
  bool draining_ = false;
  std::uint64_t drain_left_ = largest_pipe;
  bool ended_ = false;
};

}  // namespace process
