#include "frontend/nodectl/signal_names.h"

#include <algorithm>
#include <csignal>
#include <iterator>

#include "sys/text.h"

namespace frontend {
namespace {

struct SignalName {
  std::string_view name;
  int number;
};
constexpr SignalName names[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},     {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL},   {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV},     {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},   {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},   {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"IO", SIGIO},     {"WINCH", SIGWINCH}, {"PWR", SIGPWR},
    {"SYS", SIGSYS},
};
constexpr std::uint64_t last_signal = 64;

char upper(char letter) { return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter; }

bool same(std::string_view typed, std::string_view name) {
  return std::equal(typed.begin(), typed.end(), name.begin(), name.end(), [](char a, char b) { return upper(a) == b; });
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  if (const auto number = sys::parse_number(text, 0, last_signal)) return static_cast<int>(*number);
  const std::string_view bare = same(text.substr(0, 3), "SIG") ? text.substr(3) : text;
  const auto* const found =
      std::find_if(std::begin(names), std::end(names), [&](const SignalName& row) { return same(bare, row.name); });
  return found == std::end(names) ? std::nullopt : std::optional(found->number);
}

}  // namespace frontend
