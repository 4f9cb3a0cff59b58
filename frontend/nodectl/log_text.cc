#include "frontend/nodectl/log_text.h"

#include "frontend/nodectl/json_text.h"
#include "frontend/nodectl/time_text.h"
#include "sys/log.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::string_view severity_name(std::uint8_t severity) { return sys::name_of(static_cast<sys::Severity>(severity)); }

}  // namespace

std::string log_text(const transport::LogReply& reply) {
  const std::string name = sys::printable(reply.name);
  std::string text;
  for (const transport::LogEntry& line : reply.lines) {
    text += sys::cat(iso_time(line.wall_ns), " ", name, " ", severity_name(line.severity), ": ",
                     sys::printable(line.text, 1024), "\n");
  }
  return text;
}

std::string log_json(const transport::LogReply& reply) {
  std::string text;
  for (const transport::LogEntry& line : reply.lines) {
    text += json_line({{"node", reply.node},
                       {"name", reply.name},
                       {"time", iso_time(line.wall_ns)},
                       {"sequence", line.sequence},
                       {"severity", severity_name(line.severity)},
                       {"text", line.text}});
  }
  return text;
}

}  // namespace frontend
