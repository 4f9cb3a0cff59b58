#include "frontend/nodemaster/step_kinds.h"

#include <array>

#include "frontend/common/program_files.h"
#include "frontend/nodemaster/mount_kind.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using namespace std::chrono_literals;

constexpr StepKind kinds[] = {
    {"mount", [](const StepContext& in) { read_mount(in.reader, in.step); }},
    {"unmount", read_unmount},
    {"directory", read_directory},
    {"device", read_device},
    {"file", read_file, 5min},
    {"link", read_link},
    {"libraries", read_libraries, 5min},
    {"module", read_module},
    {"sysctl", read_sysctl},
    {"hostname", read_hostname},
    {"run", read_run},
    {"interface", read_interface},
    {"limits", read_limits},
    {"time", read_time},
    {"service", read_service},
};

}  // namespace

const StepKind* find_step_kind(std::string_view name) {
  for (const StepKind& row : kinds)
    if (row.name == name) return &row;
  return nullptr;
}

std::string step_kinds() {
  std::string text;
  for (const StepKind& kind : kinds)
    text += sys::cat(text.empty() ? "" : ", ", kind.name);
  return text;
}

FileOwner read_owner(TableReader& reader) {
  constexpr std::uint64_t max_id = 0xfffffffe;
  const std::string text = reader.text("owner", "0:0");
  const auto colon = text.find(':');
  const auto uid = sys::parse_number(std::string_view(text).substr(0, colon), 0, max_id);
  const auto gid =
      colon == text.npos ? std::nullopt : sys::parse_number(std::string_view(text).substr(colon + 1), 0, max_id);
  if (uid && gid) return {static_cast<std::uint32_t>(*uid), static_cast<std::uint32_t>(*gid)};
  reader.error("owner", sys::cat("\"", sys::printable(text), "\" must be numbers like \"0:0\": user and group"));
  return {};
}

void read_command(const StepContext& in, std::string& program, std::vector<std::string>& arguments) {
  in.reader.require("command");
  arguments = in.reader.texts("command");
  if (arguments.empty()) {
    if (in.reader.has("command")) in.reader.error("command", "is empty; write it like [\"/bin/true\", \"argument\"]");
    return;
  }
  program = arguments.front();
  if (!sys::is_clean_path(program))
    return in.reader.error("command", "the program must be an absolute path without \"..\", \".\" and \"//\"");
  const auto files = resolve_program(program);
  if (!files) in.reader.error("command", files.error().text());
}

}  // namespace frontend
