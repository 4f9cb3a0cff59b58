// Feeds the standard input of a process with what the front end sends: the mirror of process/output_pump.h.
//
//   open --end of input, all written--> ended
//     +-- the process reads no more --> closed
//
// Bytes wait here until the process reads them, at most a window of them: what it has been given is told in portions, and
// who sends keeps to the window. Pieces have positions; what has come before is passed over, and what has a gap before it is
// left to come again (repeat()). That nobody reads any more is seen when there is something to write, as with any pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/messages.h"

namespace process {

class InputPump {
 public:
  static constexpr std::uint64_t window = transport::input_window;
  struct News {
    std::uint64_t taken = 0;  // bytes, from the first one on
    bool again = false;       // send anew what is beyond
    bool end = false;         // closed
  };
  using Tell = std::function<void(const News&)>;

  // `at_end`: written before the stream is closed.
  InputPump(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Tell tell, std::string_view at_end = {});
  ~InputPump();
  InputPump(const InputPump&) = delete;
  InputPump& operator=(const InputPump&) = delete;

  // What comes from `offset` on, and whether nothing comes after it. False: it is more than the window.
  [[nodiscard]] bool add(std::uint64_t offset, std::span<const std::byte> data, bool end);
  // What is under way may be lost: tells, at once, from where on it is wanted once more.
  void repeat();
  // The process is over: nothing is written or told any more.
  void stop();

 private:
  void add_end();
  void schedule();
  void write_some();
  void make_room();
  std::span<const std::byte> unwritten() const { return std::span(waiting_).subspan(written_); }
  void close();
  void stop_watching();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;  // null: ended or closed
  Tell tell_;
  const std::string at_end_;
  std::uint64_t received_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t told_ = 0;          // of taken_
  std::vector<std::byte> waiting_;  // up to received_
  std::size_t written_ = 0;         // of waiting_, up to taken_
  bool end_ = false;                // nothing more comes
  bool within_line_ = false;        // the last byte was no newline
  bool closed_ = false;             // by the process
  sys::WatchId watch_ = 0;
  sys::Timer retry_;
};

}  // namespace process
