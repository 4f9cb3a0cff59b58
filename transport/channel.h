// What lies between the socket and the frames: a transformation of bytes that needs no socket. The secure
// channel takes this place; until then the clear one does, and says so when a connection opens.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "sys/result.h"
#include "transport/messages.h"

namespace transport {

class Channel {
 public:
  virtual ~Channel() = default;
  // What has to be sent first, if anything.
  virtual void begin(Bytes& wire) = 0;
  // Bytes from the peer: appends what they say to `clear`, and what must go back (a handshake) to `wire`.
  virtual sys::Status receive(std::span<const std::byte> bytes, Bytes& clear, Bytes& wire) = 0;
  // Appends `clear`, made fit for the wire, to `wire`. Only once established.
  virtual void seal(std::span<const std::byte> clear, Bytes& wire) = 0;
  virtual bool established() const = 0;
  // "in the clear": for the log.
  virtual std::string_view description() const = 0;
};

std::unique_ptr<Channel> make_clear_channel();

}  // namespace transport
