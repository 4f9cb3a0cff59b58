// Bytes in both directions without blocking, and the sockets they come from. A fake pair in memory takes
// the place of sockets in unit tests and fuzzers (tests/fakes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/result.h"

namespace sys {

class Stream {
 public:
  virtual ~Stream() = default;
  // Bytes read; 0 at the end of the stream; EAGAIN (an error without text) when there is nothing to read now.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  // Bytes written, at least 1; EAGAIN when nothing can be written now; EPIPE and ECONNRESET are errors.
  virtual Result<std::size_t> write(std::span<const std::byte> from) = 0;
  // For Loop::watch().
  virtual int fd() const = 0;
  // After a non-blocking connect became writable: whether it succeeded (SO_ERROR).
  virtual Status connect_result() = 0;
  // Of a socket: ends both directions (shutdown(2)), which makes it ready for everything at once; it stays open until
  // it is destroyed. Needs no memory.
  virtual void shut() noexcept {}
};

struct TcpAddress {
  std::uint32_t ip = 0;  // IPv4, host byte order
  std::uint16_t port = 0;
};
std::string format_ip(std::uint32_t ip);         // "10.9.0.1"
std::string format_address(TcpAddress address);  // "10.9.0.1:2223"
// Dotted quad only; anything else is refused.
Result<std::uint32_t> parse_ip(std::string_view text);

class Listener {
 public:
  virtual ~Listener() = default;
  static constexpr std::size_t max_groups = 65536;  // NGROUPS_MAX
  struct Accepted {
    std::unique_ptr<Stream> stream;
    TcpAddress peer;        // TCP
    std::uint32_t uid = 0;  // Unix: the peer's credentials when it connected (SO_PEERCRED, SO_PEERGROUPS)
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;  // supplementary, at most max_groups
    std::int32_t pid = 0;
  };
  virtual Result<Accepted> accept() = 0;  // EAGAIN when nobody waits
  virtual int fd() const = 0;
};

class Sockets {
 public:
  virtual ~Sockets() = default;
  // Starts to connect; the stream becomes writable when the outcome is known (connect_result()).
  // `silence_ms`: how long sent data may stay unacknowledged before the connection dies (TCP_USER_TIMEOUT).
  virtual Result<std::unique_ptr<Stream>> connect_tcp(TcpAddress to, unsigned silence_ms) = 0;
  virtual Result<std::unique_ptr<Listener>> listen_tcp(TcpAddress at, unsigned silence_ms) = 0;
  // Whether somebody accepts connections at `at`: connects and goes away again. ECONNREFUSED: its machine says that
  // nobody does. ETIMEDOUT: nothing was heard within `limit`. Blocks for so long: call it in a worker.
  virtual Status probe_tcp(TcpAddress at, Duration limit) = 0;
  virtual Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) = 0;
  // Replaces a stale socket file; refused (EADDRINUSE) when somebody still listens on it.
  virtual Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, std::uint32_t mode) = 0;
};

class KernelSockets final : public Sockets {
 public:
  Result<std::unique_ptr<Stream>> connect_tcp(TcpAddress to, unsigned silence_ms) override;
  Result<std::unique_ptr<Listener>> listen_tcp(TcpAddress at, unsigned silence_ms) override;
  Status probe_tcp(TcpAddress at, Duration limit) override;
  Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) override;
  Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, std::uint32_t mode) override;
};

// A descriptor as a stream: pipes of children, the console. Made non-blocking, which is a property of the open file
// description: whoever else holds it (a console inherited from a parent) sees it too. Open such a file afresh.
std::unique_ptr<Stream> stream_of(Fd fd);

}  // namespace sys
