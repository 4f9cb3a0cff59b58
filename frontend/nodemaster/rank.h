// One process of a job, as the front end knows it.
//
//   waiting --its ghost's pid--> launching --its pid is taken--> waiting
//
//   launching --Launched--> running --ProcessEnd and both streams ended--> finishing --held output sent--> over
//       |                      |                                                                            ^
//       +-- did not start, node lost ------------------------------------------------------------------------+
//
// Its output waits here, within the credit that the node has been given, while the command does not take it.
#pragma once

#include <array>
#include <cstdint>

#include "transport/messages.h"

namespace frontend {

struct RankStream {
  transport::Bytes held;   // arrived, not yet sent on
  std::uint32_t owed = 0;  // sent on, credit for it not yet returned to the node
  bool ended = false;      // nothing more comes from the node
};

struct Rank {
  enum class Phase { waiting, launching, running, over };

  transport::NodeNumber node = transport::no_node;
  Phase phase = Phase::waiting;
  bool process_ended = false;
  std::int32_t pid = 0;               // that it is to have on its node; 0: any
  transport::ProcessEnd ended;        // once process_ended
  std::array<RankStream, 2> streams;  // output, error
  bool waiting = false;               // in the job's list of ranks with held output

  RankStream& stream(transport::StreamName name) { return streams[name == transport::StreamName::error ? 1 : 0]; }
  bool holds_output() const { return !streams[0].held.empty() || !streams[1].held.empty(); }
  // Everything that there is to say about it has come and has been sent on.
  bool complete() const { return process_ended && streams[0].ended && streams[1].ended && !holds_output(); }
};

}  // namespace frontend
