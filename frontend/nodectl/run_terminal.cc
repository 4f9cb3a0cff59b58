#include "frontend/nodectl/run_terminal.h"

#include <csignal>
#include <utility>

#include "sys/terminal.h"

namespace frontend {
namespace {

constexpr int own_terminal = 0;  // standard input

std::uint16_t cells(unsigned count) { return static_cast<std::uint16_t>(count); }

}  // namespace

transport::WindowSize terminal_window() {
  const auto size = sys::terminal_size(own_terminal).value_or(sys::TerminalSize());
  return {.rows = cells(size.rows), .columns = cells(size.columns)};
}

// Without news of its size it is of use all the same.
RunTerminal::RunTerminal(sys::Loop& loop, std::function<void(const transport::WindowSize&)> resized)
    : raw_(own_terminal) {
  auto source =
      sys::watch_signals(loop, {SIGWINCH}, [resized = std::move(resized)](int) { resized(terminal_window()); });
  if (source) resizes_ = std::move(*source);
}

}  // namespace frontend
