#include "frontend/nodemaster/step_files.h"

#include "content/hash.h"
#include "frontend/common/program_files.h"
#include "frontend/nodemaster/mount_marks.h"
#include "sys/host_names.h"
#include "sys/overloaded.h"
#include "sys/text.h"

namespace frontend {
namespace {

sys::Result<FoundStep> find_program(transport::Action action, const std::string& program) {
  const auto found = resolve_program(program);
  if (!found) return tl::unexpected(found.error());
  std::vector<transport::FileEntry> entries;
  std::vector<ContentSource> sources;
  for (const ProgramFile& file : found->files) {
    const auto content = content::hash_file(file.source);
    if (!content) return tl::unexpected(content.error());
    entries.push_back({file.path, *content, file.mode});
    sources.push_back({*content, file.source});
  }
  if (auto* run = std::get_if<transport::RunStep>(&action)) run->files = std::move(entries);
  if (auto* service = std::get_if<transport::ServiceStep>(&action)) service->files = std::move(entries);
  return FoundStep{std::move(action), std::move(sources)};
}

sys::Result<FoundStep> find_program(const transport::Action& action) {
  if (const auto* service = std::get_if<transport::ServiceStep>(&action)) return find_program(action, service->program);
  return find_program(action, std::get<transport::RunStep>(action).program);
}

sys::Result<FoundStep> find_server(const ServerNeed& need, transport::Action action) {
  const auto address = sys::find_host(need.name);
  if (!address) return tl::unexpected(address.error());
  set_server(std::get<transport::MountStep>(action), *address);
  return FoundStep{std::move(action), {}};
}

}  // namespace

sys::Result<FoundStep> find_step(const PlanStep& step) {
  using Found = sys::Result<FoundStep>;
  return std::visit(sys::Overloaded{
                        [&](const std::monostate&) -> Found {
                          return FoundStep{step.step.action, {}};
                        },
                        [](const FileNeed& need) { return find_files(need); },
                        [&](const ProgramNeed&) { return find_program(step.step.action); },
                        [&](const ServerNeed& need) { return find_server(need, step.step.action); },
                        [](const LibrariesNeed& need) { return find_libraries(need); },
                        [](const ModulesNeed& need) { return find_modules(need); },
                    },
                    step.need);
}

}  // namespace frontend
