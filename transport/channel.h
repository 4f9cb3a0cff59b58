// What lies between the socket and the frames: a transformation of bytes that needs no socket. On the nodes' network it
// is the channel of secure_channel.h; on the control socket, which the kernel guards, the clear one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sys/result.h"
#include "transport/messages.h"

namespace transport {

// Why a channel has refused what came: one of a few, to be counted.
enum class ChannelFault : std::uint8_t {
  none,
  malformed,      // not the beginning of a connection of this protocol
  version,        // another version of it
  protection,     // another Protection than ours
  front_end_key,  // the front end has another key than the node's image pins
  cluster_key,    // the two have different cluster keys
  not_authentic,  // a handshake message that does not authenticate although the keys ought to be the same
  replayed,       // a handshake that was seen before
  record,         // after the handshake: changed, replayed, reordered, or left out
};

class Channel {
 public:
  virtual ~Channel() = default;
  // What has to be sent first, if anything.
  virtual sys::Status begin(Bytes& wire) = 0;
  // Bytes from the peer: appends what they say to `clear`, and what must go back (a handshake, or why it is refused) to
  // `wire`. After an error the channel is over.
  virtual sys::Status receive(std::span<const std::byte> bytes, Bytes& clear, Bytes& wire) = 0;
  // Appends `clear`, made fit for the wire, to `wire`: all of it, or (std::bad_alloc) nothing. Only once established.
  virtual void seal(std::span<const std::byte> clear, Bytes& wire) = 0;
  virtual bool established() const = 0;
  // Bytes of something incomplete that the peer has begun: it should not end here.
  virtual std::size_t incomplete() const = 0;
  virtual ChannelFault fault() const = 0;
  // "in the clear": for the log.
  virtual std::string_view description() const = 0;
};

std::unique_ptr<Channel> make_clear_channel();

}  // namespace transport
