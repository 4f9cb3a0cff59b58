// The kinds `libraries` and `module`.
#include "frontend/nodemaster/step_files.h"
#include "frontend/nodemaster/step_kinds.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr char spool[] = "/var/cache/nodemaster/modules";
constexpr char usual_modules[] = "/lib/modules/{kernel}";
constexpr std::size_t max_modules = 256;  // of a step
constexpr std::size_t max_name = 64, max_options = 4095;

// "e1000" or {name = "e1000", options = "debug=1"} is not TOML's way in an array of strings: options stand in a table of
// their own, by the module's name.
std::vector<ModuleWanted> read_wanted(TableReader& reader) {
  std::vector<ModuleWanted> wanted;
  for (std::string& name : reader.texts("modules")) {
    if (name.empty() || name.size() > max_name || name.find('/') != name.npos)
      reader.error("modules", sys::cat("'", sys::printable(name, 64), "' is no name of a module"));
    wanted.push_back({std::move(name), {}});
  }
  for (auto& [name, options] : reader.text_table("options")) {
    bool named = false;
    for (ModuleWanted& module : wanted) {
      if (module.name != name) continue;
      module.options = options;
      named = true;
    }
    if (!named) reader.error("options", sys::cat("'", sys::printable(name, 64), "' is not among 'modules'"));
    if (options.size() > max_options) reader.error("options", "are too long");
  }
  return wanted;
}

}  // namespace

void read_libraries(const StepContext& in) {
  LibrariesNeed need;
  need.programs = in.reader.texts("programs");
  need.libraries = in.reader.texts("libraries");
  need.cache = in.reader.flag("cache", true);
  if (need.programs.empty() && need.libraries.empty())
    in.reader.error("programs", "neither 'programs' nor 'libraries' names anything");
  in.step.step.name = sys::cat("libraries of ", need.programs.empty() ? "" : need.programs.front());
  if (need.programs.empty() && !need.libraries.empty())
    in.step.step.name = sys::cat("library ", need.libraries.front());
  in.step.step.action = transport::FileStep{};
  in.step.need = std::move(need);
}

void read_module(const StepContext& in) {
  ModulesNeed need;
  in.reader.require("modules");
  need.modules = read_wanted(in.reader);
  if (in.reader.has("modules") && need.modules.empty()) in.reader.error("modules", "names no module");
  if (need.modules.size() > max_modules) in.reader.error("modules", "names too many modules");
  need.directory = in.reader.has("directory") ? in.reader.clean_path("directory") : usual_modules;
  need.spool = spool;
  in.step.step.name = sys::cat("module ", need.modules.empty() ? "" : need.modules.front().name);
  in.step.step.action = transport::ModuleStep{};
  in.step.need = std::move(need);
}

}  // namespace frontend
