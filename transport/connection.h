// One connection that carries messages: stream -> channel -> frames -> codec, bounded in both directions.
//
//   fresh --start()--> connecting --writable--> open --error, end of stream, close()--> over
//                  \________________________/
//
// Input: never more than one frame of the current limit and one read are buffered, and one readiness event takes
// a bounded number of bytes, so that a fast peer does not starve the others. Output: messages of one turn of
// the loop leave in one write, or, when they are large, in pieces of 64 KiB, each made fit for the wire when the one
// before has left; a turn writes a bounded number of them. Past `output_high` bytes the connection is congested: send()
// still accepts (a reply is never dropped), but producers look at congested() and wait for on_drained(); past
// `output_limit` the peer is given up. Buffers that are empty at the end of a turn are given back: an idle connection
// costs less than 8 KiB.
//
// Anything the peer does wrong ends the connection with a reason, and so does a message of our own that breaks
// its caps (encode() it beforehand where that can happen). on_closed() is called exactly once, last, from the
// loop, never from inside a call to the connection; also when memory has run out (before start(), std::bad_alloc
// instead).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/channel.h"
#include "transport/frame.h"
#include "transport/messages.h"

namespace transport {

struct ConnectionLimits {
  std::size_t body = max_greeting_body;  // of a frame that is received
  std::size_t output_high = 256u << 10;  // bytes
  std::size_t output_limit = 16u << 20;  // bytes
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // May call anything of the connection, and destroy it.
  virtual void on_message(std::uint64_t request, Message message) = 0;
  // Below output_high again, after having been congested.
  virtual void on_drained() {}
  // The connection is over; `reason` says why ("peer closed the connection", "refused: ..."). May destroy it.
  virtual void on_closed(const sys::Error& reason) = 0;
};

class Connection {
 public:
  Connection(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::unique_ptr<Channel> channel,
             ConnectionLimits limits, ConnectionHandler& handler);
  ~Connection();  // closes without a word; the handler is not called any more
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins: `connecting` when the stream's connect is still under way. After an error it is over, and on_closed()
  // is not called.
  sys::Status start(bool connecting);
  // Queues a message, also before start(); it is sent as the peer takes it. On a connection that is over it
  // does nothing.
  void send(const Message& message, std::uint64_t request = 0);
  bool congested() const;
  std::size_t pending_output() const;
  void set_limits(ConnectionLimits limits);
  // Stops and resumes reading from the peer (flow control). While paused, the end of the peer goes unnoticed.
  void pause();
  void resume();
  // Ends it with a reason; what is queued is flushed first when `flush`, within what the socket takes at once.
  void close(std::string reason, bool flush = false);
  bool open() const;         // until it is over; also before start() and while connecting
  bool established() const;  // the channel
  bool peer_left() const;    // that is how it ended: the peer, or the network between
  // Why the channel has refused the peer, when that is how it ended.
  ChannelFault fault() const;
  std::string_view protection() const;  // of the channel: "in the clear"

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with what the loop has yet to call
};

}  // namespace transport
