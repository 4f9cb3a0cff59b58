#include "nodeinit/emergency.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <exception>

#include "sys/crash.h"

namespace node {

namespace {

constexpr int exit_status = 70;     // EX_SOFTWARE
constexpr int worker_status = 125;  // as for an exception in a worker
constexpr std::size_t max_arguments = 64;

// The one exception to "no mutable globals": a signal handler has nothing else to reach for.
struct Emergency {
  std::array<char*, max_arguments + 2> arguments{};  // for execve(2), with a null at the end
  std::array<char, 16> restarts_argument{};          // "--restarts=1"
  bool may_execute = false;
  bool in_container = false;
  volatile bool under_way = false;
};
constinit Emergency state{};

constexpr std::string_view restarts_option = "--restarts=";

// A line put together without allocating; what does not fit is cut.
class Line {
 public:
  Line& operator<<(std::string_view piece) {
    const std::size_t size = std::min(piece.size(), buffer_.size() - 1 - size_);
    std::memcpy(buffer_.data() + size_, piece.data(), size);
    size_ += size;
    return *this;
  }
  Line& hex(const void* address) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto rest = reinterpret_cast<std::uintptr_t>(address);
    std::array<char, 2 + 2 * sizeof rest> hex{};
    std::size_t at = hex.size();
    do {
      hex[--at] = digits[rest % 16];
      rest /= 16;
    } while (rest != 0);
    hex[--at] = 'x';
    hex[--at] = '0';
    return *this << std::string_view(hex.data() + at, hex.size() - at);
  }
  std::string_view text() const { return {buffer_.data(), size_}; }
  std::string_view with_newline() {
    buffer_[size_] = '\n';
    return {buffer_.data(), size_ + 1};
  }

 private:
  std::array<char, 320> buffer_{};
  std::size_t size_ = 0;
};

void say(std::string_view what, std::string_view then) {
  Line line;
  line << "nodeinit: fatal: " << what << "; " << then;
  if (!state.in_container) {
    Line kernel;
    kernel << "<2>" << line.text();
    sys::raw_append_to("/dev/kmsg", kernel.text());
  }
  // Descriptor 1 itself may have another position, where it is a file (a container's console).
  const std::string_view text = line.with_newline();
  if (!sys::raw_append_to("/proc/self/fd/1", text)) sys::raw_write(1, text);
}

[[noreturn]] void end_everything() {
  if (!state.in_container) sys::raw_restart_machine();
  sys::raw_exit(exit_status);
}

void on_signal(const sys::FatalSignal& signal) {
  Line what;
  (what << signal.name << " at instruction ").hex(signal.instruction);
  if (signal.address != nullptr) (what << ", address ").hex(signal.address);
  emergency(what.text());
}

}  // namespace

void prepare_emergency(int argument_count, char** arguments, unsigned restarts) {
  std::size_t count = 0;
  for (int index = 0; index < argument_count && count < max_arguments; ++index) {
    if (!std::string_view(arguments[index]).starts_with(restarts_option)) state.arguments[count++] = arguments[index];
  }
  std::copy(restarts_option.begin(), restarts_option.end(), state.restarts_argument.begin());
  state.restarts_argument[restarts_option.size()] = static_cast<char>('1' + std::min(restarts, max_restarts));
  state.arguments[count] = state.restarts_argument.data();
  state.may_execute = restarts < max_restarts;
  sys::on_fatal_signal(on_signal);
  std::set_terminate([] { emergency("an exception that nothing catches, or an abort of the C++ library"); });
}

void emergency_is_in_container() { state.in_container = true; }

void emergency(std::string_view what) {
  if (!sys::raw_is_init()) {  // a worker: its parent sees the status and says so
    Line line;
    line << "nodeinit: a worker ends: " << what;
    sys::raw_write(1, line.with_newline());
    sys::raw_exit(worker_status);
  }
  if (state.under_way) end_everything();  // this very path has crashed
  state.under_way = true;
  say(what, state.may_execute ? "starting again" : "restarting the node");
  sys::raw_sleep(emergency_delay);
  if (state.may_execute) {
    sys::raw_execute("/proc/self/exe", state.arguments.data());
    sys::raw_execute("/init", state.arguments.data());
    say("nodeinit can not be executed again", "restarting the node");
  }
  end_everything();
}

}  // namespace node
