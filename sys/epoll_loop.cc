#include "sys/epoll_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <exception>
#include <limits>
#include <unordered_map>
#include <utility>

#include "sys/fd.h"
#include "sys/kept_memory.h"
#include "sys/text.h"
#include "sys/timers.h"

namespace sys {

namespace {

constexpr std::size_t events_per_turn = 64;
constexpr Duration long_sleep = std::chrono::seconds(1);  // nothing is under way that would want its memory again

std::uint32_t events_of(Ready interest) {
  switch (interest) {
    case Ready::none:
      return 0;
    case Ready::read:
      return EPOLLIN;
    case Ready::write:
      return EPOLLOUT;
    case Ready::both:
      return EPOLLIN | EPOLLOUT;
  }
  return 0;
}

// What a handler that asked for `interest` is told. Hang-up and error count as both: its next read or write
// says what is wrong.
Ready ready_of(std::uint32_t events, Ready interest) {
  if (interest == Ready::none) return Ready::none;
  if (events & (EPOLLHUP | EPOLLERR)) return Ready::both;
  const unsigned read = events & EPOLLIN ? 1 : 0;
  const unsigned write = events & EPOLLOUT ? 2 : 0;
  return static_cast<Ready>((read | write) & static_cast<unsigned>(interest));
}

class EpollLoop final : public Loop {
 public:
  EpollLoop(Clock& clock, Fd epoll, std::function<void(std::string_view)> on_exception)
      : clock_(clock), epoll_(std::move(epoll)), on_exception_(std::move(on_exception)) {}

  Clock& clock() override { return clock_; }
  Result<WatchId> watch(int fd, Ready interest, std::function<void(Ready)> handler) override;
  Status change(WatchId id, Ready interest) override;
  void unwatch(WatchId id) override;
  TimerId at(Instant when, std::function<void()> handler) override { return timers_.add(when, std::move(handler)); }
  void cancel(TimerId id) override { timers_.cancel(id); }
  void defer(std::function<void()> handler) override { deferred_.push_back(std::move(handler)); }
  std::uint64_t wakeups() const override { return wakeups_; }
  void run() override;
  void stop() override { stopped_ = true; }

 private:
  struct Watch {
    int fd;
    Ready interest;
    std::function<void(Ready)> handler;
  };

  Status set_interest(WatchId id, Watch& watch, Ready interest);
  int sleep_ms() const;
  bool wait();
  void run_deferred();
  void dispatch();
  void run_timers();
  template <class Call> void guarded(Call&& call);

  Clock& clock_;
  Fd epoll_;
  std::function<void(std::string_view)> on_exception_;
  // Shared, so that a handler that removes itself outlives its own call.
  std::unordered_map<WatchId, std::shared_ptr<Watch>> watches_;
  TimerQueue timers_;
  std::array<epoll_event, events_per_turn> events_;
  std::size_t event_count_ = 0;
  WatchId next_watch_ = 1;
  std::uint64_t wakeups_ = 0;
  bool stopped_ = false;
  std::deque<std::function<void()>> deferred_;  // goes first: what waits in it may hold timers and watches
};

// A descriptor of no interest leaves epoll altogether: epoll would report its hang-up whether asked or not,
// and the loop would spin.
Status EpollLoop::set_interest(WatchId id, Watch& watch, Ready interest) {
  const bool was_in = watch.interest != Ready::none;
  const bool is_in = interest != Ready::none;
  if (was_in || is_in) {
    epoll_event event{};
    event.events = events_of(interest);
    event.data.u64 = id;
    const int operation = !is_in ? EPOLL_CTL_DEL : was_in ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (::epoll_ctl(epoll_.get(), operation, watch.fd, &event) < 0)
      return failure(errno, cat("watch descriptor ", watch.fd));
  }
  watch.interest = interest;
  return {};
}

Result<WatchId> EpollLoop::watch(int fd, Ready interest, std::function<void(Ready)> handler) {
  const WatchId id = next_watch_++;
  const auto made = std::make_shared<Watch>(Watch{fd, Ready::none, std::move(handler)});
  watches_.emplace(id, made);
  if (auto set = set_interest(id, *made, interest); !set) {
    watches_.erase(id);
    return tl::unexpected(set.error());
  }
  return id;
}

Status EpollLoop::change(WatchId id, Ready interest) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return failure(ENOENT, cat("change watch ", id));
  if (found->second->interest == interest) return {};
  return set_interest(id, *found->second, interest);
}

void EpollLoop::unwatch(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  // A descriptor that epoll has lost already (closed too early) needs no removal.
  (void)set_interest(id, *found->second, Ready::none);
  watches_.erase(found);
}

// Until the nearest timer; rounded up, so that no timer is early and none keeps the loop turning until it is due.
int EpollLoop::sleep_ms() const {
  if (!deferred_.empty()) return 0;
  const auto next = timers_.next();
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

// False when epoll itself fails, which only a wild close() can do.
bool EpollLoop::wait() {
  const Instant before = clock_.now();
  const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), sleep_ms());
  if (clock_.now() - before >= long_sleep) kept_memory().give_back();
  ++wakeups_;
  event_count_ = count < 0 ? 0 : static_cast<std::size_t>(count);
  return count >= 0 || errno == EINTR;
}

// Only those that are there at the beginning: what defers itself again waits for the next turn.
void EpollLoop::run_deferred() {
  for (std::size_t left = deferred_.size(); left > 0 && !stopped_; --left) {
    const auto handler = std::move(deferred_.front());
    deferred_.pop_front();
    guarded(handler);
  }
}

void EpollLoop::dispatch() {
  for (std::size_t i = 0; i < event_count_ && !stopped_; ++i) {
    const auto found = watches_.find(events_[i].data.u64);
    if (found == watches_.end()) continue;  // removed by an earlier handler of this turn
    const std::shared_ptr<Watch> watch = found->second;
    const Ready ready = ready_of(events_[i].events, watch->interest);
    if (ready != Ready::none) guarded([&] { watch->handler(ready); });
  }
}

void EpollLoop::run_timers() {
  const Instant now = clock_.now();
  const TimerId limit = timers_.next_id();
  while (!stopped_) {
    const auto handler = timers_.take_due(now, limit);
    if (!handler) return;
    guarded(handler);
  }
}

template <class Call> void EpollLoop::guarded(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    on_exception_(error.what());
  } catch (...) {
    on_exception_("an exception that is not a std::exception");
  }
}

void EpollLoop::run() {
  stopped_ = false;
  while (!stopped_) {
    run_deferred();
    if (stopped_) return;
    if (!wait()) {
      on_exception_("the event loop cannot wait: its epoll descriptor is gone");
      return;
    }
    dispatch();
    run_timers();
  }
}

}  // namespace

Result<std::unique_ptr<Loop>> make_epoll_loop(Clock& clock, std::function<void(std::string_view)> on_exception) {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return failure(errno, "create the event loop");
  return std::make_unique<EpollLoop>(clock, std::move(epoll), std::move(on_exception));
}

}  // namespace sys
