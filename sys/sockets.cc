#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sys/stream.h"
#include "sys/text.h"
#include "sys/umask_guard.h"

namespace sys {
namespace {

// A cluster connects at once when its front end comes back.
constexpr int listen_backlog = 4096;
constexpr int socket_type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

// The error of the system call that has just failed. "Nothing now" is no news to anybody: it gets no text.
tl::unexpected<Error> socket_failure(std::string_view operation, std::string_view peer) {
  int code = errno;
  if (code == EAGAIN) return failure(code, "");
  return failure(code, cat(operation, " ", peer));
}

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

struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = 0;
};

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress out;
  constexpr std::size_t limit = sizeof out.address.sun_path - 1;
  if (path.empty() || path.size() > limit || path.find('\0') != std::string::npos) {
    return refusal(cat("socket path '", printable(path), "': must have 1 to ", limit, " bytes; use a shorter one"));
  }
  out.address.sun_family = AF_UNIX;
  std::memcpy(out.address.sun_path, path.c_str(), path.size() + 1);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

class SocketStream final : public Stream {
 public:
  SocketStream(Fd fd, std::string peer) : fd_(std::move(fd)), peer_(std::move(peer)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    ssize_t size;
    do {
      size = ::recv(fd_.get(), into.data(), into.size(), 0);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return socket_failure("receive from", peer_);
    return static_cast<std::size_t>(size);
  }

  Result<std::size_t> write(std::span<const std::byte> from) override {
    ssize_t size;
    do {
      size = ::send(fd_.get(), from.data(), from.size(), MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return socket_failure("send to", peer_);
    return static_cast<std::size_t>(size);
  }

  int fd() const override { return fd_.get(); }

  Status connect_result() override {
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &code, &size) < 0) code = errno;
    if (code != 0) return failure(code, cat("connect to ", peer_));
    return {};
  }

 private:
  Fd fd_;
  std::string peer_;  // for error messages
};

int accept_retrying(int listener, sockaddr* peer, socklen_t size) {
  for (;;) {
    socklen_t peer_size = size;
    int fd = ::accept4(listener, peer, &peer_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    // A peer that has gone already is not an error of the listener.
    if (fd >= 0 || (errno != EINTR && errno != ECONNABORTED)) return fd;
  }
}

// TCP options need not be set again: an accepted socket inherits them.
class TcpListener final : public Listener {
 public:
  explicit TcpListener(Fd fd) : fd_(std::move(fd)) {}

  Result<Accepted> accept() override {
    sockaddr_in peer{};
    Fd fd(accept_retrying(fd_.get(), reinterpret_cast<sockaddr*>(&peer), sizeof peer));
    if (!fd.valid()) return socket_failure("accept", "a TCP connection");
    TcpAddress from{ntohl(peer.sin_addr.s_addr), ntohs(peer.sin_port)};
    return Accepted{.stream = std::make_unique<SocketStream>(std::move(fd), format_address(from)), .peer = from};
  }
  int fd() const override { return fd_.get(); }

 private:
  Fd fd_;
};

class UnixListener final : public Listener {
 public:
  UnixListener(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<Accepted> accept() override {
    Fd fd(accept_retrying(fd_.get(), nullptr, 0));
    if (!fd.valid()) return socket_failure("accept a connection on", path_);
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
      return socket_failure("find out who connected to", path_);
    }
    return Accepted{.stream = std::make_unique<SocketStream>(std::move(fd), cat("process ", peer.pid)),
                    .uid = peer.uid,
                    .gid = peer.gid,
                    .pid = peer.pid};
  }
  int fd() const override { return fd_.get(); }

 private:
  Fd fd_;
  std::string path_;
};

// Removes the socket file that an ended process left at `path`.
Status remove_stale_socket(const std::string& path, const UnixAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) < 0) return {};  // nothing there; anything else is bind's to report
  if (!S_ISSOCK(found.st_mode)) {
    return failure(EEXIST, cat("listen on ", path, ": a file that is not a socket is in the way; remove it"));
  }
  Fd probe(::socket(AF_UNIX, socket_type, 0));
  if (!probe.valid()) return socket_failure("open a socket for", path);
  int outcome = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address.address), address.size);
  if (outcome == 0 || errno != ECONNREFUSED) {
    return failure(EADDRINUSE, cat("listen on ", path, ": another process listens there already"));
  }
  if (::unlink(path.c_str()) < 0) return socket_failure("remove the stale socket", path);
  return {};
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
  return std::make_unique<SocketStream>(std::move(fd), std::move(peer));
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

Result<std::unique_ptr<Stream>> KernelSockets::connect_unix(const std::string& path) {
  auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  Fd fd(::socket(AF_UNIX, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->address), address->size) < 0) {
    int code = errno;
    return failure(code, cat("connect to ", path));
  }
  return std::make_unique<SocketStream>(std::move(fd), path);
}

Result<std::unique_ptr<Listener>> KernelSockets::listen_unix(const std::string& path, std::uint32_t mode) {
  auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  auto clear = remove_stale_socket(path, *address);
  if (!clear) return tl::unexpected(clear.error());
  Fd fd(::socket(AF_UNIX, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", path);
  // The file must have its mode from the first moment on: it is the door.
  UmaskGuard guard(static_cast<mode_t>(0777 & ~mode));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->address), address->size) < 0 ||
      ::listen(fd.get(), listen_backlog) < 0) {
    return socket_failure("listen on", path);
  }
  return std::make_unique<UnixListener>(std::move(fd), path);
}

}  // namespace sys
