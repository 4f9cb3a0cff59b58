// One process of a job, as the front end knows it.
//
//   waiting --its ghost's pid--> launching --its pid is taken--> waiting
//
//   launching --Launched--> running --ProcessEnd and both streams ended--> over
//       |                      |                                            ^
//       +-- did not start, node lost ----------------------------------------+
//
// Its output is passed on as it comes: the node sends no more than a window beyond what the command has taken.
#pragma once

#include <array>
#include <cstdint>

#include "transport/messages.h"

namespace frontend {

struct RankStream {
  std::uint64_t taken = 0;  // by the command, bytes from the first one on
  bool ended = false;       // nothing more comes from the node
};

struct Rank {
  enum class Phase { waiting, launching, running, over };

  transport::NodeNumber node = transport::no_node;
  Phase phase = Phase::waiting;
  bool process_ended = false;
  std::int32_t pid = 0;               // that it is to have on its node; 0: any
  transport::ProcessEnd ended;        // once process_ended
  std::array<RankStream, 2> streams;  // output, error

  RankStream& stream(transport::StreamName name) { return streams[name == transport::StreamName::error ? 1 : 0]; }
  // Everything that there is to say about it has come.
  bool complete() const { return process_ended && streams[0].ended && streams[1].ended; }
};

}  // namespace frontend
