// What a command that does not read will hear about its job when it does: of the ranks' states and processes the newest, of their
// output all, joined. So what waits is bounded by the number of ranks and by the windows of their streams, in however small
// pieces it comes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "transport/messages.h"

namespace frontend {

class HeldNews {
 public:
  using Send = std::function<void(const transport::Message&)>;

  // False: that is not news of a kind that can wait here, and has to be said now.
  bool keep(const transport::Message& message);
  // All that there is of a rank: before something is said that comes after it.
  void release(std::uint32_t rank, const Send& send);
  // One rank's. False: there is none.
  bool release_one(const Send& send);
  bool empty() const { return ranks_.empty(); }

 private:
  struct OfRank {
    std::map<transport::StreamName, transport::RunOutput> output;
    std::optional<transport::RunState> state;
    std::optional<transport::RunProcesses> processes;
  };

  void keep_output(const transport::RunOutput& output);
  static void say(OfRank& news, const Send& send);

  std::map<std::uint32_t, OfRank> ranks_;
};

}  // namespace frontend
