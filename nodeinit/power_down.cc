#include "nodeinit/power_down.h"

#include <csignal>
#include <utility>

namespace node {

namespace {

constexpr sys::Duration polite_limit = std::chrono::seconds(3);
constexpr sys::Duration hard_limit = std::chrono::seconds(2);
constexpr sys::Duration sync_limit = std::chrono::seconds(5);
constexpr sys::Duration look_again = std::chrono::milliseconds(50);

std::string_view name_of(sys::PowerAction action) {
  return action == sys::PowerAction::restart ? "restart" : "power off";
}

}  // namespace

PowerDown::PowerDown(const System& system, sys::Log& log, std::function<std::size_t()> running)
    : system_(system), log_(log), running_(std::move(running)), timer_(system.loop) {}

void PowerDown::begin(sys::PowerAction action, const std::string& why) {
  log_.notice(name_of(action), ": ", why);
  if (std::exchange(under_way_, true)) return;
  action_ = action;
  end_processes(SIGTERM, polite_limit, &PowerDown::kill_hard);
}

void PowerDown::kill_hard() { end_processes(SIGKILL, hard_limit, &PowerDown::sync); }

void PowerDown::end_processes(int signal, sys::Duration limit, void (PowerDown::*next)()) {
  if (sys::Status sent = system_.shutdown.signal_everyone(signal); !sent) log_.warning(sent.error().text());
  wait_for_processes(system_.loop.clock().now() + limit, next);
}

void PowerDown::wait_for_processes(sys::Instant until, void (PowerDown::*next)()) {
  if (running_() == 0 || system_.loop.clock().now() >= until) return (this->*next)();
  timer_.set(look_again, [this, until, next] { wait_for_processes(until, next); });
}

void PowerDown::sync() {
  sys::WorkerSpec spec{.name = "sync", .deadline = sync_limit};
  spec.work = [&shutdown = system_.shutdown](sys::WorkerOutput&) {
    shutdown.sync();
    return 0;
  };
  const auto started = system_.workers.start(std::move(spec), [this](const sys::WorkerResult& result) {
    if (!result.succeeded()) log_.warning("sync did not end in time: going on without");
    finish();
  });
  if (started) return;
  log_.warning("no sync: ", started.error().text());
  finish();
}

void PowerDown::finish() {
  const sys::Status status = system_.machine.power(action_);
  if (status) return;
  log_.error(name_of(action_), ": ", status.error().text(), "; leaving it to the emergency path");
  system_.loop.stop();
}

}  // namespace node
