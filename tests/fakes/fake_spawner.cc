#include "tests/fakes/fake_spawner.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "sys/text.h"

namespace fakes {

namespace {

constexpr int status_of_failed_start = 127;
constexpr std::size_t pipe_capacity = 64u << 10;  // pipe(7)

class ReadEnd final : public sys::Stream {
 public:
  ReadEnd(FakeLoop& loop, std::shared_ptr<FakePipe> pipe) : loop_(loop), pipe_(std::move(pipe)), fd_(loop.new_fd()) {
    loop_.set_source(fd_,
                     [this] { return pipe_->data.empty() && !pipe_->closed ? sys::Ready::none : sys::Ready::read; });
  }
  ~ReadEnd() override { loop_.set_source(fd_, nullptr); }

  sys::Result<std::size_t> read(std::span<std::byte> into) override {
    if (pipe_->data.empty() && !pipe_->closed) return sys::failure(EAGAIN, "read a fake pipe");
    const std::size_t size = std::min(into.size(), pipe_->data.size());
    if (size > 0) std::memcpy(into.data(), pipe_->data.data(), size);
    pipe_->data.erase(0, size);
    return size;
  }
  sys::Result<std::size_t> write(std::span<const std::byte>) override {
    return sys::failure(EBADF, "write to the read end of a fake pipe");
  }
  int fd() const override { return fd_; }
  sys::Status connect_result() override { return {}; }

 private:
  FakeLoop& loop_;
  std::shared_ptr<FakePipe> pipe_;
  int fd_;
};

}  // namespace

sys::Result<sys::Spawned> FakeSpawner::start(sys::SpawnSpec spec, std::function<void(sys::Status)> started,
                                             std::function<void(const sys::Exit&)> ended) {
  if (auto status = faults_.check(sys::cat("spawn ", spec.path)); !status) return tl::unexpected(status.error());
  if (spec.pid != 0 && children_.expects(spec.pid)) return sys::failure(EEXIST, "fork as a pid that is taken");
  const int pid = spec.pid != 0 ? spec.pid : children_.new_pid();
  Process& process = processes_[pid];
  process.spec = std::move(spec);
  process.started = std::move(started);
  process.ended = std::move(ended);
  pids_.push_back(pid);
  children_.expect(
      pid, [this](const sys::Exit& exit) { on_exit(exit); }, process.spec.leftovers);
  sys::Spawned spawned{pid, std::make_unique<ReadEnd>(loop_, process.output),
                       std::make_unique<ReadEnd>(loop_, process.error), nullptr};
  if (process.spec.terminal) {
    spawned.error = nullptr;
    spawned.resize = [&process](sys::TerminalSize size) {
      process.spec.terminal = size;
      return sys::Status();
    };
  }
  if (process.spec.fed) std::tie(spawned.input, process.input) = FakeStream::pair(loop_, faults_, pipe_capacity);
  return spawned;
}

std::string FakeSpawner::execute(int pid) {
  const sys::SpawnSpec& asked = spec(pid);
  sys::Result<std::string> path = asked.prepare ? asked.prepare() : asked.path;
  if (!path) {
    fail_start(pid, path.error());
    return {};
  }
  tell_started(pid, {});
  return path->empty() ? asked.path : *path;
}

void FakeSpawner::fail_start(int pid, const sys::Error& error) {
  tell_started(pid, tl::unexpected(error));
  end(pid, exited(status_of_failed_start));
}

void FakeSpawner::end(int pid, int status, bool held_open) {
  if (!held_open) {
    close_output(pid);
    close_error(pid);
  }
  children_.end(pid, status);
}

void FakeSpawner::tell_started(int pid, const sys::Status& status) {
  if (const auto started = std::exchange(processes_.at(pid).started, nullptr)) started(status);
}

void FakeSpawner::on_exit(const sys::Exit& exit) {
  tell_started(exit.pid, sys::refusal(sys::cat(spec(exit.pid).path, ": killed before it was executed")));
  processes_.at(exit.pid).ended(exit);
}

}  // namespace fakes
