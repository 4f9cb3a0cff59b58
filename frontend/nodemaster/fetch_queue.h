// The pieces of content that one node has asked for, answered in order and only as fast as its bulk connection takes
// them: a slow node costs one piece of memory, not all that it has asked for.
#pragma once

#include <deque>

#include "frontend/nodemaster/content_store.h"
#include "frontend/nodemaster/peer.h"

namespace frontend {

class FetchQueue {
 public:
  static constexpr std::size_t max_waiting = 64;  // a node has far fewer in flight

  FetchQueue(ContentStore& store, transport::NodeNumber node, Peer& bulk) : store_(store), node_(node), bulk_(bulk) {}

  // Refused when the node has asked for more than it may before getting an answer.
  sys::Status add(const transport::Fetch& fetch);
  // The connection takes more.
  void serve();

 private:
  ContentStore& store_;
  const transport::NodeNumber node_;
  Peer& bulk_;
  std::deque<transport::Fetch> waiting_;
};

}  // namespace frontend
