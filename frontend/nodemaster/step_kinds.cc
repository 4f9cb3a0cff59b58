// The kinds of step that a plan may have: one reader and one row of the table each.
#include <array>

#include "frontend/common/program_files.h"
#include "frontend/nodemaster/config_readers.h"
#include "frontend/nodemaster/mount_kind.h"
#include "sys/file_reader.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

struct Context {
  TableReader& reader;
  const std::string& folder;
  PlanStep& step;
};

// "0:0".
template <class Action> void read_owner(TableReader& reader, Action& action) {
  constexpr std::uint64_t max_id = 0xfffffffe;
  const std::string text = reader.text("owner", "0:0");
  const auto colon = text.find(':');
  const auto uid = sys::parse_number(std::string_view(text).substr(0, colon), 0, max_id);
  const auto gid =
      colon == text.npos ? std::nullopt : sys::parse_number(std::string_view(text).substr(colon + 1), 0, max_id);
  if (!uid || !gid) {
    return reader.error("owner",
                        sys::cat("\"", sys::printable(text), "\" must be numbers like \"0:0\": user and group"));
  }
  action.uid = static_cast<std::uint32_t>(*uid);
  action.gid = static_cast<std::uint32_t>(*gid);
}

void read_directory(const Context& in) {
  transport::DirectoryStep action;
  action.path = in.reader.clean_path("path");
  action.mode = in.reader.mode("mode", action.mode);
  read_owner(in.reader, action);
  in.step.step.name = sys::cat("directory ", action.path);
  in.step.step.action = std::move(action);
}

void read_device(const Context& in) {
  transport::DeviceStep action;
  action.path = in.reader.clean_path("path");
  in.reader.require("type");
  const std::string type = in.reader.text("type", "char");
  action.block = type == "block";
  if (type != "block" && type != "char") {
    in.reader.error("type", sys::cat("is \"", sys::printable(type), "\", must be \"char\" or \"block\""));
  }
  in.reader.require("major");
  in.reader.require("minor");
  action.major = static_cast<std::uint32_t>(in.reader.number("major", 0, 4095, 0));
  action.minor = static_cast<std::uint32_t>(in.reader.number("minor", 0, 1048575, 0));
  action.mode = in.reader.mode("mode", action.mode);
  read_owner(in.reader, action);
  in.step.step.name = sys::cat("device ", action.path);
  in.step.step.action = std::move(action);
}

void read_file(const Context& in) {
  transport::FileStep action;
  action.path = in.reader.clean_path("path");
  action.mode = in.reader.mode("mode", action.mode);
  read_owner(in.reader, action);
  if (in.reader.require("source")) {
    in.step.source = absolute_in(in.folder, in.reader.text("source"));
    const auto source = sys::FileReader::open(in.step.source);
    if (!source) in.reader.error("source", source.error().text());
  }
  in.step.step.name = sys::cat("file ", action.path);
  in.step.step.action = std::move(action);
}

void read_link(const Context& in) {
  transport::LinkStep action;
  action.path = in.reader.clean_path("path");
  in.reader.require("target");
  action.target = in.reader.text("target");
  if (in.reader.has("target") && action.target.empty()) in.reader.error("target", "is empty");
  in.step.step.name = sys::cat("link ", action.path);
  in.step.step.action = std::move(action);
}

void read_hostname(const Context& in) {
  transport::HostnameStep action;
  action.name = in.reader.text("hostname", "{name}");
  if (action.name.empty() || action.name.size() > 64) in.reader.error("hostname", "must have 1 to 64 bytes");
  in.step.step.name = "hostname";
  in.step.step.action = std::move(action);
}

void check_program(const Context& in, const std::string& program) {
  if (!sys::is_clean_path(program)) {
    return in.reader.error("command", "the program must be an absolute path without \"..\", \".\" and \"//\"");
  }
  const auto files = resolve_program(program);
  if (!files) in.reader.error("command", files.error().text());
}

void read_run(const Context& in) {
  transport::RunStep action;
  in.reader.require("command");
  action.arguments = in.reader.texts("command");
  const std::string where = in.reader.text("where", "node");
  in.step.on_front_end = where == "front-end";
  if (where != "front-end" && where != "node") {
    in.reader.error("where", sys::cat("is \"", sys::printable(where), "\", must be \"node\" or \"front-end\""));
  }
  if (!action.arguments.empty()) {
    action.program = action.arguments.front();
    check_program(in, action.program);
  } else if (in.reader.has("command")) {
    in.reader.error("command", "is empty; write it like [\"/bin/true\", \"argument\"]");
  }
  in.step.step.name = sys::cat("run ", action.program);
  in.step.step.action = std::move(action);
}

struct Kind {
  std::string_view name;
  void (*read)(const Context&);
};
constexpr std::array<Kind, 7> kinds = {{{"mount", [](const Context& in) { read_mount(in.reader, in.step); }},
                                        {"directory", read_directory},
                                        {"device", read_device},
                                        {"file", read_file},
                                        {"link", read_link},
                                        {"hostname", read_hostname},
                                        {"run", read_run}}};

}  // namespace

bool read_action(const std::string& kind, TableReader& reader, const std::string& folder, PlanStep& step) {
  for (const Kind& row : kinds) {
    if (row.name != kind) continue;
    row.read({reader, folder, step});
    return true;
  }
  return false;
}

std::string step_kinds() {
  std::string text;
  for (const Kind& kind : kinds)
    text += sys::cat(text.empty() ? "" : ", ", kind.name);
  return text;
}

}  // namespace frontend
