// What the bench makes connections do. Each runs until it is done, and prints its figures as "name value" lines.
#pragma once

#include <cstdint>

#include "transport/trust.h"

namespace bench {

struct Load {
  transport::Protection protection = transport::Protection::clear;
  std::uint64_t count = 0;
  std::uint16_t port = 0;
};

// The front end's end sends `count` blocks of 1 MiB to the node that connects, and ends when that has left.
void source(const Load& load);
// The node's end takes all of them.
void sink(const Load& load);

// Both ends of `count` handshakes, in memory.
void handshakes(const Load& load);
// The front end's end of `count` connections, one after the other: each is over when its first message is there.
void greet(const Load& load);
// The node's end of them.
void visit(const Load& load);

// The front end's end of `count` connections that stay, idle, until it is killed.
void hold(const Load& load);
// The node's end of them.
void stay(const Load& load);

// Sealing and opening in memory, `count` times 1 MiB.
void records(const Load& load);

}  // namespace bench
