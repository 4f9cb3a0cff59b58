#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/socket_stream.h"
#include "sys/text.h"

namespace sys {
namespace {

Status set_option(int fd, int level, int option, int value, std::string_view name) {
  if (::setsockopt(fd, level, option, &value, sizeof value) < 0) return socket_failure("set socket option", name);
  return {};
}

// Data that is not acknowledged for `silence_ms` ends the connection, and an idle connection is probed so that a
// peer that has vanished is noticed as well.
Status set_tcp_options(int fd, unsigned silence_ms) {
  const int silence_s = static_cast<int>(std::max(silence_ms / 1000, 2u));
  const struct {
    int level, option, value;
    std::string_view name;
  } options[] = {
      {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence_ms), "TCP_USER_TIMEOUT"},
      {IPPROTO_TCP, TCP_KEEPIDLE, silence_s / 2, "TCP_KEEPIDLE"},
      {IPPROTO_TCP, TCP_KEEPINTVL, std::max(silence_s / 4, 1), "TCP_KEEPINTVL"},
      {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
  };
  for (const auto& row : options) {
    auto set = set_option(fd, row.level, row.option, row.value, row.name);
    if (!set) return set;
  }
  return {};
}

sockaddr_in to_kernel(TcpAddress address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  out.sin_addr.s_addr = htonl(address.ip);
  return out;
}

// TCP options need not be set again: an accepted socket inherits them.
class TcpListener final : public Listener {
 public:
  explicit TcpListener(Fd fd) : fd_(std::move(fd)) {}

  Result<Accepted> accept() override {
    sockaddr_in peer{};
    Fd fd = accept_next(fd_.get(), reinterpret_cast<sockaddr*>(&peer), sizeof peer);
    if (!fd.valid()) return socket_failure("accept", "a TCP connection");
    TcpAddress from{ntohl(peer.sin_addr.s_addr), ntohs(peer.sin_port)};
    return Accepted{.stream = socket_stream(std::move(fd), format_address(from)), .peer = from};
  }
  int fd() const override { return fd_.get(); }

 private:
  Fd fd_;
};

// Waits until the socket is writable; EINTR is no reason to give up, nor to begin the time anew.
Status await_writable(int fd, Duration limit, std::string_view peer) {
  const KernelClock clock;
  const Instant end = clock.now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now()).count();
    pollfd waiting{fd, POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return socket_failure("wait for", peer);
    if (ready == 0) return failure(ETIMEDOUT, cat("connect to ", peer));
  }
}

}  // namespace

Result<std::unique_ptr<Stream>> KernelSockets::connect_tcp(TcpAddress to, unsigned silence_ms) {
  std::string peer = format_address(to);
  Fd fd(::socket(AF_INET, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", peer);
  auto options = set_tcp_options(fd.get(), silence_ms);
  if (!options) return tl::unexpected(options.error());
  sockaddr_in address = to_kernel(to);
  int outcome = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (outcome < 0 && errno != EINPROGRESS && errno != EINTR) return socket_failure("connect to", peer);
  return socket_stream(std::move(fd), std::move(peer));
}

Result<std::unique_ptr<Listener>> KernelSockets::listen_tcp(TcpAddress at, unsigned silence_ms) {
  std::string place = format_address(at);
  Fd fd(::socket(AF_INET, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", place);
  auto options = set_tcp_options(fd.get(), silence_ms).and_then([&] {
    return set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  });
  if (!options) return tl::unexpected(options.error());
  sockaddr_in address = to_kernel(at);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(fd.get(), listen_backlog) < 0) {
    return socket_failure("listen on", place);
  }
  return std::make_unique<TcpListener>(std::move(fd));
}

Status KernelSockets::probe_tcp(TcpAddress at, Duration limit) {
  const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  auto stream = connect_tcp(at, static_cast<unsigned>(silence.count()));
  if (!stream) return tl::unexpected(stream.error());
  if (auto status = await_writable((*stream)->fd(), limit, format_address(at)); !status) return status;
  return (*stream)->connect_result();
}

}  // namespace sys
