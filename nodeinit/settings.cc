#include "nodeinit/settings.h"

#include <algorithm>
#include <array>

#include "sys/stream.h"
#include "sys/text.h"

namespace node {

namespace {

using std::string_view;
using sys::Status;

constexpr std::size_t max_list = 64;    // elements
constexpr std::size_t max_name = 64;    // bytes of an interface's or a module's name
constexpr std::size_t max_value = 120;  // bytes that a problem quotes

Status set_ip(string_view value, std::uint32_t& ip) {
  const auto parsed = sys::parse_ip(value);
  if (!parsed) return sys::refusal("is not an IPv4 address such as 10.9.0.1");
  if (*parsed == 0 || (*parsed >> 28) >= 0xe) return sys::refusal("is not the address of one machine");
  ip = *parsed;
  return {};
}

Status set_prefix(string_view value, unsigned& prefix) {
  const auto bits = sys::parse_number(value, 1, 32);
  if (!bits) return sys::refusal("is not a prefix length between 1 and 32");
  prefix = static_cast<unsigned>(*bits);
  return {};
}

Status set_address(string_view value, network::DiscoveryOptions& options) {
  const std::size_t slash = value.find('/');
  network::DiscoveryOptions changed = options;
  if (Status status = set_ip(value.substr(0, slash), changed.address); !status) return status;
  if (slash != string_view::npos) {
    if (Status status = set_prefix(value.substr(slash + 1), changed.prefix); !status) return status;
  }
  options = std::move(changed);
  return {};
}

Status set_method(string_view value, network::Method& method) {
  if (value == "rarp") {
    method = network::Method::rarp;
  } else if (value == "static") {
    method = network::Method::fixed;
  } else {
    return sys::refusal("is not \"rarp\" or \"static\"");
  }
  return {};
}

bool is_name(string_view text) {
  return !text.empty() && text.size() <= max_name && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127 && c != '/'; });
}

Status set_names(string_view value, std::vector<std::string>& names) {
  std::vector<std::string> changed;
  if (!value.empty()) {
    for (string_view name : sys::split(value, ',')) {
      name = sys::trim(name);
      if (!is_name(name)) return sys::refusal(sys::cat("\"", sys::printable(name, max_name), "\" is not a name"));
      if (changed.size() == max_list) return sys::refusal(sys::cat("has more than ", max_list, " names"));
      changed.emplace_back(name);
    }
  }
  names = std::move(changed);
  return {};
}

Status set_duration(string_view value, sys::Duration& duration) {
  const auto milliseconds = sys::parse_duration_ms(value);
  if (!milliseconds) return sys::refusal("is not a time such as \"90s\", \"10m\" or \"0\"");
  duration = std::chrono::milliseconds(*milliseconds);
  return {};
}

Status set_severity(string_view value, std::optional<sys::Severity>& severity) {
  using sys::Severity;
  for (Severity known : {Severity::error, Severity::warning, Severity::notice, Severity::info, Severity::debug}) {
    if (value != sys::name_of(known)) continue;
    severity = known;
    return {};
  }
  if (value != "none") return sys::refusal("is not one of error, warning, notice, info, debug, none");
  severity.reset();
  return {};
}

Status set_bool(string_view value, bool& flag) {
  if (value != "true" && value != "false") return sys::refusal("is not true or false");
  flag = value == "true";
  return {};
}

// "256m", "2g", "25%".
Status set_share(string_view value, MemoryShare& share) {
  constexpr std::pair<char, unsigned> units[] = {{'k', 10}, {'m', 20}, {'g', 30}};
  const char last = value.empty() ? ' ' : value.back();
  const auto number = sys::parse_number(value.substr(0, value.empty() ? 0 : value.size() - 1), 1, 1u << 30);
  if (number && last == '%' && *number <= 100) {
    share = {0, static_cast<unsigned>(*number)};
    return {};
  }
  for (const auto& [letter, shift] : units) {
    if (!number || last != letter) continue;
    share = {*number << shift, 0};
    return {};
  }
  return sys::refusal("is not an amount of memory such as \"256m\", \"2g\" or \"25%\"");
}

Status set_port(string_view value, std::uint16_t& port) {
  const auto number = sys::parse_number(value, 1, 65535);
  if (!number) return sys::refusal("is not a port between 1 and 65535");
  port = static_cast<std::uint16_t>(*number);
  return {};
}

struct Setting {
  string_view key;
  Status (*set)(Settings&, string_view value);
  string_view takes;
  string_view help;
};

constexpr std::array table = {
    Setting{"network.method", [](Settings& s, string_view v) { return set_method(v, s.discovery.method); },
            "rarp|static", "how the address is found (rarp)"},
    Setting{"network.interfaces", [](Settings& s, string_view v) { return set_names(v, s.discovery.interfaces); },
            "NAME,...", "links to use (every Ethernet link)"},
    Setting{"network.address", [](Settings& s, string_view v) { return set_address(v, s.discovery); },
            "ADDRESS[/PREFIX]", "the address, with method static"},
    Setting{"network.prefix", [](Settings& s, string_view v) { return set_prefix(v, s.discovery.prefix); }, "1-32",
            "length of the netmask (that of the address's class)"},
    Setting{"network.gateway", [](Settings& s, string_view v) { return set_ip(v, s.discovery.gateway); }, "ADDRESS",
            "default route (the front end)"},
    Setting{"front_end.address", [](Settings& s, string_view v) { return set_ip(v, s.discovery.front_end); }, "ADDRESS",
            "the front end (whoever answers RARP)"},
    Setting{"front_end.port", [](Settings& s, string_view v) { return set_port(v, s.port); }, "1-65535",
            "its TCP port (2223)"},
    Setting{"hardware.modules", [](Settings& s, string_view v) { return set_names(v, s.modules); }, "NAME,...",
            "kernel modules to load, in this order (none)"},
    Setting{"cache.size", [](Settings& s, string_view v) { return set_share(v, s.cache); }, "SIZE",
            "memory for moved files that nothing uses, such as 256m or 25% (25%)"},
    Setting{"boot.reboot_after", [](Settings& s, string_view v) { return set_duration(v, s.reboot_after); }, "TIME",
            "reboot when not joined for so long; 0: never (10m)"},
    Setting{"log.console", [](Settings& s, string_view v) { return set_severity(v, s.console); }, "SEVERITY",
            "least severity shown: error warning notice info debug none (info)"},
    Setting{"insecure", [](Settings& s, string_view v) { return set_bool(v, s.insecure); }, "true|false",
            "join any front end, in the clear; only in an image without keys (false)"},
    Setting{"log.kernel", [](Settings& s, string_view v) { return set_bool(v, s.kernel_log); }, "true|false",
            "log to /dev/kmsg too (true)"},
};

Status set_one(Settings& settings, string_view key, string_view value) {
  for (const Setting& setting : table) {
    if (setting.key == key) return setting.set(settings, value);
  }
  return sys::refusal("there is no such key: nodeinit --help lists them");
}

constexpr string_view own_prefix = "nodeinit.";

// The next word, as the kernel's next_arg() finds it: blanks inside double quotes do not end it.
string_view next_word(string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\n"), line.size()));
  bool quoted = false;
  std::size_t end = 0;
  for (; end < line.size(); ++end) {
    if (line[end] == '"') quoted = !quoted;
    if (!quoted && string_view(" \t\n").find(line[end]) != string_view::npos) break;
  }
  const string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

// "a b" and a="b c" lose their quotes, others keep them: as in the kernel.
string_view unquoted(string_view text) {
  if (!text.starts_with('"')) return text;
  text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

std::optional<Assignment> parse_assignment(string_view origin, string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == string_view::npos || equals == 0) return std::nullopt;
  return Assignment{.origin = std::string(origin),
                    .key = std::string(word.substr(0, equals)),
                    .value = std::string(unquoted(word.substr(equals + 1)))};
}

}  // namespace

std::vector<std::string> assign(std::span<const Assignment> assignments, Settings& settings) {
  std::vector<std::string> problems;
  for (const Assignment& assignment : assignments) {
    const Status status = set_one(settings, assignment.key, assignment.value);
    if (status) continue;
    problems.push_back(sys::cat(assignment.origin, ": ", sys::printable(assignment.key, max_name), " = \"",
                                sys::printable(assignment.value, max_value), "\": ", status.error().what));
  }
  return problems;
}

std::vector<std::string> reconcile(Settings& settings) {
  std::vector<std::string> problems;
  network::DiscoveryOptions& discovery = settings.discovery;
  if (discovery.method != network::Method::fixed) return problems;
  if (discovery.address == 0 || discovery.front_end == 0) {
    problems.push_back(sys::cat("network.method = \"static\" needs ",
                                discovery.address == 0 ? "network.address" : "front_end.address",
                                ": set it; until then the address is asked for by RARP"));
    discovery.method = network::Method::rarp;
  }
  return problems;
}

std::vector<Assignment> from_kernel_command_line(string_view line) {
  std::vector<Assignment> assignments;
  while (true) {
    const string_view word = unquoted(next_word(line));
    if (word.empty() || word == "--") return assignments;  // what follows "--" are the program's arguments
    if (!word.starts_with(own_prefix)) continue;
    auto assignment = parse_assignment("kernel command line", word.substr(own_prefix.size()));
    // A word without "=" is an assignment of nothing, and is reported as such.
    if (!assignment) assignment = Assignment{"kernel command line", std::string(word.substr(own_prefix.size())), {}};
    std::replace(assignment->key.begin(), assignment->key.end(), '-', '_');
    assignments.push_back(std::move(*assignment));
  }
}

std::vector<Assignment> from_arguments(std::span<const std::string> arguments, std::vector<std::string>& problems) {
  std::vector<Assignment> assignments;
  for (string_view argument : arguments) {
    if (argument.starts_with(own_prefix)) argument.remove_prefix(own_prefix.size());
    if (auto assignment = parse_assignment("argument", argument)) {
      assignments.push_back(std::move(*assignment));
    } else {
      problems.push_back(
          sys::cat("argument \"", sys::printable(argument, max_value), "\" ignored: it is not KEY=VALUE"));
    }
  }
  return assignments;
}

std::string settings_help() {
  constexpr std::size_t column = 38;
  std::string text;
  for (const Setting& setting : table) {
    std::string line = sys::cat("  ", setting.key, "=", setting.takes);
    line.resize(std::max(column, line.size() + 1), ' ');
    text += sys::cat(line, setting.help, '\n');
  }
  return text;
}

}  // namespace node
