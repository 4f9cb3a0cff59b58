#include "sys/inherited_stream.h"

#include <unistd.h>

#include <cerrno>

#include "sys/text.h"

namespace sys {
namespace {

class InheritedStream final : public Stream {
 public:
  explicit InheritedStream(int fd) : fd_(fd) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    return outcome("read", [&] { return ::read(fd_, into.data(), into.size()); });
  }
  Result<std::size_t> write(std::span<const std::byte> from) override {
    return outcome("write", [&] { return ::write(fd_, from.data(), from.size()); });
  }
  int fd() const override { return fd_; }
  Status connect_result() override { return {}; }

 private:
  template <class Call> Result<std::size_t> outcome(const char* operation, Call call) const {
    ssize_t size;
    do {
      size = call();
    } while (size < 0 && errno == EINTR);
    if (size >= 0) return static_cast<std::size_t>(size);
    const int code = errno;
    return failure(code, code == EAGAIN ? "" : cat(operation, " descriptor ", fd_));
  }

  int fd_;
};

}  // namespace

std::unique_ptr<Stream> inherited_stream(int fd) { return std::make_unique<InheritedStream>(fd); }

}  // namespace sys
