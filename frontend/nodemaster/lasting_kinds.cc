// Kinds of step whose effect lasts until a plan is without them: `limits` and `service`; and `time`.
#include "frontend/nodemaster/step_kinds.h"
#include "sys/limits.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_variables = 1024;

struct Unit {
  char letter;
  std::uint64_t bytes;
};
constexpr Unit units[] = {{'k', 1ull << 10}, {'m', 1ull << 20}, {'g', 1ull << 30}};

// "4096", "unlimited"; of bytes also "64k", "2g".
std::optional<std::uint64_t> parse_value(std::string_view text, bool bytes) {
  constexpr std::uint64_t largest = 1ull << 62;
  if (text == "unlimited") return sys::unlimited;
  for (const Unit& unit : units) {
    if (!bytes || text.empty() || text.back() != unit.letter) continue;
    const auto count = sys::parse_number(text.substr(0, text.size() - 1), 0, largest / unit.bytes);
    return count ? std::optional(*count * unit.bytes) : std::nullopt;
  }
  return sys::parse_number(text, 0, largest);
}

// "soft:hard", or one value that is both.
std::optional<transport::LimitEntry> parse_limit(const sys::LimitName& row, std::string_view text) {
  const auto colon = text.find(':');
  const auto soft = parse_value(text.substr(0, colon), row.bytes);
  const auto hard = colon == text.npos ? soft : parse_value(text.substr(colon + 1), row.bytes);
  if (!soft || !hard) return std::nullopt;
  return transport::LimitEntry{row.resource, *soft, *hard};
}

void read_limit(TableReader& reader, const std::string& key, const std::string& text, transport::LimitsStep& action) {
  const sys::LimitName* row = sys::find_limit(key);
  if (!row)
    return reader.error("set",
                        sys::cat("there is no limit '", sys::printable(key, 64), "'; there are ", sys::limit_names()));
  const auto entry = parse_limit(*row, text);
  if (!entry)
    return reader.error("set", sys::cat(key, ": \"", sys::printable(text, 64), "\" is no limit; write a number",
                                        row->bytes ? ", bytes like \"64m\"" : "",
                                        ", \"unlimited\", or a soft and a hard one like \"1024:4096\""));
  if (entry->soft > entry->hard)
    return reader.error(
        "set", sys::cat(key, ": the soft limit of \"", sys::printable(text, 64), "\" is larger than the hard one"));
  action.limits.push_back(*entry);
}

std::vector<std::string> read_environment(TableReader& reader) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : reader.text_table("environment")) {
    if (name.empty() || name.find('=') != std::string::npos)
      reader.error("environment", sys::cat("'", sys::printable(name, 64), "' is no name of a variable"));
    variables.push_back(sys::cat(name, "=", value));
  }
  if (variables.size() > max_variables)
    reader.error("environment", sys::cat("has more than ", max_variables, " variables"));
  return variables;
}

transport::Restart read_restart(TableReader& reader) {
  const std::string restart = reader.text("restart", "always");
  if (restart != "always" && restart != "on-failure")
    reader.error("restart", sys::cat("is \"", sys::printable(restart, 64), "\", must be \"always\" or \"on-failure\""));
  return restart == "on-failure" ? transport::Restart::on_failure : transport::Restart::always;
}

}  // namespace

void read_limits(const StepContext& in) {
  transport::LimitsStep action;
  in.reader.require("set");
  const auto set = in.reader.text_table("set");
  for (const auto& [key, text] : set)
    read_limit(in.reader, key, text, action);
  if (in.reader.has("set") && set.empty()) in.reader.error("set", "names no limit");
  in.step.step.name = "limits";
  in.step.step.action = std::move(action);
}

void read_time(const StepContext& in) {
  in.step.step.name = "time";
  in.step.step.action = transport::TimeStep{.hardware = in.reader.flag("hardware", false)};
}

void read_service(const StepContext& in) {
  transport::ServiceStep action;
  read_command(in, action.program, action.arguments);
  action.environment = read_environment(in.reader);
  const FileOwner owner = read_owner(in.reader);
  action.uid = owner.uid;
  action.gid = owner.gid;
  action.restart = read_restart(in.reader);
  in.step.need = ProgramNeed{};
  in.step.step.name = sys::cat("service ", action.program);
  in.step.step.action = std::move(action);
}

}  // namespace frontend
