#include "sys/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sys {
namespace {

class FdStream final : public Stream {
 public:
  explicit FdStream(Fd fd) : fd_(std::move(fd)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    ssize_t size;
    do {
      size = ::read(fd_.get(), into.data(), into.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0) return failure(errno, "read");
    return static_cast<std::size_t>(size);
  }

  Result<std::size_t> write(std::span<const std::byte> from) override {
    ssize_t size;
    do {
      size = ::write(fd_.get(), from.data(), from.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0) return failure(errno, "write");
    return static_cast<std::size_t>(size);
  }

  int fd() const override { return fd_.get(); }
  Status connect_result() override { return {}; }  // was never anything but open

 private:
  Fd fd_;
};

}  // namespace

std::unique_ptr<Stream> stream_of(Fd fd) {
  // Fails only for a descriptor that is not open, and then so does every read.
  int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags >= 0) ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
  return std::make_unique<FdStream>(std::move(fd));
}

}  // namespace sys
