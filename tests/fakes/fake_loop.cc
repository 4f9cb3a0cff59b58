#include "tests/fakes/fake_loop.h"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sys/text.h"

namespace fakes {

namespace {

constexpr int busy_turns = 1'000'000;  // without time passing: something spins

unsigned bits(sys::Ready ready) { return static_cast<unsigned>(ready); }

sys::Ready common(sys::Ready one, sys::Ready other) { return static_cast<sys::Ready>(bits(one) & bits(other)); }

}  // namespace

sys::Result<sys::WatchId> FakeLoop::watch(int fd, sys::Ready interest, std::function<void(sys::Ready)> handler) {
  if (auto status = faults_.check(sys::cat("watch descriptor ", fd)); !status) return tl::unexpected(status.error());
  if (watched(fd)) return sys::failure(EEXIST, sys::cat("watch descriptor ", fd));
  watches_.emplace(next_watch_, Watch{fd, interest, std::move(handler)});
  return next_watch_++;
}

sys::Status FakeLoop::change(sys::WatchId id, sys::Ready interest) {
  if (auto status = faults_.check(sys::cat("change watch ", id)); !status) return status;
  const auto found = watches_.find(id);
  if (found == watches_.end()) return sys::failure(ENOENT, sys::cat("change watch ", id));
  found->second.interest = interest;
  return {};
}

sys::TimerId FakeLoop::at(sys::Instant when, std::function<void()> handler) {
  return timers_.add(when, std::move(handler));
}

void FakeLoop::defer(std::function<void()> handler) {
  if (failing_defers > 0) {
    --failing_defers;
    throw std::bad_alloc();
  }
  deferred_.push_back(std::move(handler));
}

void FakeLoop::set_source(int fd, std::function<sys::Ready()> readiness) {
  if (readiness) {
    sources_[fd] = std::move(readiness);
  } else {
    sources_.erase(fd);
  }
}

void FakeLoop::make_ready(int fd, sys::Ready ready) {
  sys::Ready& now = once_[fd];
  now = static_cast<sys::Ready>(bits(now) | bits(ready));
}

bool FakeLoop::watched(int fd) const {
  for (const auto& [id, watch] : watches_)
    if (watch.fd == fd) return true;
  return false;
}

void FakeLoop::run() {
  stopped_ = false;
  while (!stopped_) {
    run_until_idle();
    const auto next = timers_.next();
    if (stopped_ || !next) return;
    clock_.advance(*next - clock_.now());
    ++wakeups_;
  }
}

void FakeLoop::run_until_idle() {
  for (int i = 0; i < busy_turns; ++i)
    if (!turn()) return;
  throw std::runtime_error("the loop never becomes idle: a handler leaves its cause in place");
}

void FakeLoop::advance(sys::Duration by) {
  const sys::Instant end = clock_.now() + by;
  run_until_idle();
  for (auto next = timers_.next(); next && *next <= end; next = timers_.next()) {
    clock_.advance(*next - clock_.now());
    ++wakeups_;
    run_until_idle();
  }
  clock_.advance(end - clock_.now());
}

bool FakeLoop::turn() {
  const bool deferred = run_deferred();
  const bool ready = run_ready();
  const bool timers = run_timers();
  return deferred || ready || timers;
}

bool FakeLoop::run_deferred() {
  const std::size_t count = deferred_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto handler = std::move(deferred_.front());
    deferred_.pop_front();
    handler();
  }
  return count > 0;
}

bool FakeLoop::run_ready() {
  std::vector<sys::WatchId> ids;
  for (const auto& [id, watch] : watches_)
    ids.push_back(id);
  bool any = false;
  for (const sys::WatchId id : ids) {
    const auto found = watches_.find(id);
    if (found == watches_.end()) continue;
    const sys::Ready ready = take_ready(found->second);
    if (ready == sys::Ready::none) continue;
    const auto handler = found->second.handler;  // a copy: it may remove itself
    handler(ready);
    any = true;
  }
  return any;
}

sys::Ready FakeLoop::take_ready(const Watch& watch) {
  sys::Ready ready = sys::Ready::none;
  if (const auto source = sources_.find(watch.fd); source != sources_.end()) ready = source->second();
  if (const auto once = once_.find(watch.fd); once != once_.end()) {
    const auto taken = common(once->second, watch.interest);
    once->second = static_cast<sys::Ready>(bits(once->second) & ~bits(taken));
    ready = static_cast<sys::Ready>(bits(ready) | bits(taken));
  }
  return common(ready, watch.interest);
}

bool FakeLoop::run_timers() {
  const sys::TimerId limit = timers_.next_id();
  bool any = false;
  while (const auto handler = timers_.take_due(clock_.now(), limit)) {
    handler();
    any = true;
  }
  return any;
}

}  // namespace fakes
