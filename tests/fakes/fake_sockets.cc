#include "tests/fakes/fake_sockets.h"

#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace fakes {

class FakeSockets::QueueListener final : public sys::Listener {
 public:
  QueueListener(FakeLoop& loop, Faults& faults, std::string place, std::shared_ptr<Queue> queue)
      : loop_(loop), faults_(faults), place_(std::move(place)), queue_(std::move(queue)), fd_(loop.new_fd()) {
    loop_.set_source(fd_, [this] { return queue_->empty() ? sys::Ready::none : sys::Ready::read; });
  }
  ~QueueListener() override { loop_.set_source(fd_, {}); }

  sys::Result<Accepted> accept() override {
    if (auto status = faults_.check(sys::cat("accept on ", place_)); !status) return tl::unexpected(status.error());
    if (queue_->empty()) return sys::failure(EAGAIN, "");
    Accepted accepted = std::move(queue_->front());
    queue_->pop_front();
    return accepted;
  }
  int fd() const override { return fd_; }

 private:
  FakeLoop& loop_;
  Faults& faults_;
  std::string place_;
  std::shared_ptr<Queue> queue_;
  int fd_;
};

std::shared_ptr<FakeSockets::Queue> FakeSockets::listener_at(const std::string& place) {
  const auto found = listeners_.find(place);
  return found == listeners_.end() ? nullptr : found->second.lock();
}

sys::Result<std::unique_ptr<sys::Listener>> FakeSockets::listen(const std::string& place) {
  if (auto status = faults_.check(sys::cat("listen on ", place)); !status) return tl::unexpected(status.error());
  if (listener_at(place)) return sys::failure(EADDRINUSE, sys::cat("listen on ", place));
  auto queue = std::make_shared<Queue>();
  listeners_[place] = queue;
  return std::make_unique<QueueListener>(loop_, faults_, place, std::move(queue));
}

void FakeSockets::enqueue(Queue& queue, std::unique_ptr<FakeStream> stream) const {
  queue.push_back({.stream = std::move(stream),
                   .peer = peer_,
                   .uid = process_.uid,
                   .gid = process_.gid,
                   .groups = process_.groups,
                   .pid = process_.pid});
}

sys::Result<std::unique_ptr<sys::Stream>> FakeSockets::connect_tcp(sys::TcpAddress to, unsigned) {
  const std::string place = sys::format_address(to);
  if (auto status = faults_.check(sys::cat("connect to ", place)); !status) return tl::unexpected(status.error());
  auto [near, far] = FakeStream::connecting_pair(loop_, faults_);
  if (silent_.count(place) != 0) {
    unanswered_.push_back(std::move(far));
    return std::move(near);
  }
  auto queue = listener_at(place);
  if (!queue) queue = listener_at(sys::format_address({0, to.port}));
  far->settle(queue ? 0 : ECONNREFUSED);
  if (queue) enqueue(*queue, std::move(far));
  return std::move(near);
}

sys::Result<std::unique_ptr<sys::Listener>> FakeSockets::listen_tcp(sys::TcpAddress at, unsigned) {
  return listen(sys::format_address(at));
}

sys::Status FakeSockets::probe_tcp(sys::TcpAddress at, sys::Duration) {
  const std::string place = sys::format_address(at), what = sys::cat("connect to ", place);
  if (auto status = faults_.check(what); !status) return status;
  if (silent_.count(place) != 0) return sys::failure(ETIMEDOUT, what);
  if (!listener_at(place) && !listener_at(sys::format_address({0, at.port}))) return sys::failure(ECONNREFUSED, what);
  return {};
}

sys::Result<std::unique_ptr<sys::Stream>> FakeSockets::connect_unix(const std::string& path) {
  if (auto status = faults_.check(sys::cat("connect to ", path)); !status) return tl::unexpected(status.error());
  const auto queue = listener_at(path);
  if (!queue) return sys::failure(listeners_.count(path) != 0 ? ECONNREFUSED : ENOENT, sys::cat("connect to ", path));
  auto [near, far] = FakeStream::pair(loop_, faults_);
  enqueue(*queue, std::move(far));
  return std::move(near);
}

sys::Result<std::unique_ptr<sys::Listener>> FakeSockets::listen_unix(const std::string& path, std::uint32_t) {
  return listen(path);
}

}  // namespace fakes
