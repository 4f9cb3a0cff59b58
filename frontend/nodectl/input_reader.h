// Reads standard input for a run, as far ahead as its readers allow. What they have not taken is kept, to be sent once
// more should it be lost on its way.
//
//   idle --start()--> reading --end of input--> ended
//                        +-- nobody reads any more, stop() --> over
//
// The descriptor is shared with whoever started the command, so it stays a blocking one: it is read when the loop says
// that there is something. What the loop cannot watch (regular files) always has something. From a terminal in whose
// background it is, the command reads nothing: it stops with SIGTTIN, as the kernel would stop it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "frontend/common/kept_bytes.h"
#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/messages.h"

namespace frontend {

class InputReader {
 public:
  static constexpr std::size_t piece_size = 32u << 10;  // bytes
  using Send = std::function<void(const transport::RunInput&)>;
  using Complain = std::function<void(const sys::Error& error)>;

  // `complain`: reading has failed, which ends the input.
  InputReader(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, Send send, Complain complain);
  ~InputReader();
  InputReader(const InputReader&) = delete;
  InputReader& operator=(const InputReader&) = delete;

  void start();
  void on_credit(const transport::RunInputCredit& credit);
  // Sends once more what has not been taken, and the end if it was sent.
  void repeat();
  void stop();

 private:
  enum class Phase { idle, reading, ended, over };

  void schedule();
  void read_piece();
  void send(std::uint64_t from);
  void stop_watching();

  sys::Loop& loop_;
  std::unique_ptr<sys::Stream> stream_;
  Send send_;
  Complain complain_;
  Phase phase_ = Phase::idle;
  KeptBytes kept_;  // sent, and not taken
  sys::WatchId watch_ = 0;
  sys::Timer turn_;  // what cannot be watched is read at the next one
};

}  // namespace frontend
