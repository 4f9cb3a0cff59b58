#include <cstdio>
#include <nlohmann/json.hpp>
#include <variant>

#include "frontend/nodectl/time_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/log.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Json = nlohmann::ordered_json;

std::string_view severity_name(std::uint8_t severity) { return sys::name_of(static_cast<sys::Severity>(severity)); }

std::string line_text(const std::string& name, const transport::LogEntry& line) {
  return sys::cat(iso_time(line.wall_ns), " ", sys::printable(name), " ", severity_name(line.severity), ": ",
                  sys::printable(line.text, 1024), "\n");
}

std::string line_json(const transport::LogReply& reply, const transport::LogEntry& line) {
  const Json json = {{"node", reply.node},
                     {"name", reply.name},
                     {"time", iso_time(line.wall_ns)},
                     {"sequence", line.sequence},
                     {"severity", severity_name(line.severity)},
                     {"text", line.text}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void print(const transport::LogReply& reply, bool json) {
  if (reply.lost > 0) complain(sys::cat(sys::printable(reply.name), ": ", reply.lost, " older lines are lost"));
  for (const transport::LogEntry& line : reply.lines) {
    std::fputs((json ? line_json(reply, line) : line_text(reply.name, line)).c_str(), stdout);
  }
  std::fflush(stdout);
}

}  // namespace

int run_log(Context& context, const LogOptions& options) {
  Exchange exchange(context);
  return exchange.run(transport::LogRequest{options.nodes, options.follow}, [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::LogReply>(&message);
    if (reply == nullptr) return;
    print(*reply, context.json);
    if (std::ferror(stdout)) exchange.finish(1);
  });
}

}  // namespace frontend
