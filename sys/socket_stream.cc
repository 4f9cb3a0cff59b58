#include "sys/socket_stream.h"

#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace sys {
namespace {

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

  // One that is not connected any more is ready already.
  void shut() noexcept override { ::shutdown(fd_.get(), SHUT_RDWR); }

 private:
  Fd fd_;
  std::string peer_;  // for error messages
};

}  // namespace

tl::unexpected<Error> socket_failure(std::string_view operation, std::string_view peer) {
  int code = errno;
  if (code == EAGAIN) return failure(code, "");
  return failure(code, cat(operation, " ", peer));
}

std::unique_ptr<Stream> socket_stream(Fd fd, std::string peer) {
  return std::make_unique<SocketStream>(std::move(fd), std::move(peer));
}

Fd accept_next(int listener, sockaddr* address, socklen_t size) {
  for (;;) {
    socklen_t address_size = size;
    Fd fd(::accept4(listener, address, &address_size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    // A peer that has gone already is not an error of the listener.
    if (fd.valid() || (errno != EINTR && errno != ECONNABORTED)) return fd;
  }
}

}  // namespace sys
