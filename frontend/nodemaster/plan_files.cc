// The findings are frames as on the wire, request = index of the step: a RunRequest lists the step's files and their
// sources, or as its one source the address of a mount's server; a Failure ends it all. So the bounds that hold for strangers hold for a worker that went astray.
#include "frontend/nodemaster/plan_files.h"

#include "content/hash.h"
#include "frontend/common/program_files.h"
#include "frontend/nodemaster/mount_marks.h"
#include "sys/host_names.h"
#include "sys/stream.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace frontend {
namespace {

sys::Status add_file(transport::RunRequest& found, const ProgramFile& file) {
  const auto content = content::hash_file(file.source);
  if (!content) return tl::make_unexpected(content.error());
  found.files.push_back({file.path, *content, file.mode});
  found.sources.push_back(file.source);
  return {};
}

sys::Result<transport::RunRequest> gather_server(const PlanStep& step) {
  const auto address = sys::find_host(step.server);
  if (!address) return tl::make_unexpected(address.error());
  transport::RunRequest found;
  found.sources.push_back(sys::format_ip(*address));
  return found;
}

sys::Result<transport::RunRequest> gather(const PlanStep& step) {
  if (std::holds_alternative<transport::MountStep>(step.step.action)) return gather_server(step);
  transport::RunRequest found;
  std::vector<ProgramFile> files;
  if (const auto* file = std::get_if<transport::FileStep>(&step.step.action)) {
    files.push_back({file->path, step.source, file->mode});
  } else {
    auto program = resolve_program(std::get<transport::RunStep>(step.step.action).program);
    if (!program) return tl::make_unexpected(program.error());
    files = std::move(program->files);
  }
  for (const ProgramFile& file : files) {
    if (auto status = add_file(found, file); !status) return tl::make_unexpected(status.error());
  }
  return found;
}

sys::Status append(const transport::Message& message, std::size_t step, transport::Bytes& out) {
  transport::Bytes body;
  if (auto status = transport::encode(message, body); !status) return status;
  transport::append_header(
      {.body_size = static_cast<std::uint32_t>(body.size()), .number = transport::number_of(message), .request = step},
      out);
  out.insert(out.end(), body.begin(), body.end());
  return {};
}

sys::Status fill_in_server(const transport::RunRequest& found, transport::MountStep& mount) {
  if (!found.files.empty() || found.sources.size() != 1) return sys::refusal("a server that has not one address");
  const auto address = sys::parse_ip(found.sources.front());
  if (!address) return tl::make_unexpected(address.error());
  set_server(mount, *address);
  return {};
}

sys::Status fill_in(transport::RunRequest found, PlanStep& step, std::vector<ContentSource>& sources) {
  if (auto* mount = std::get_if<transport::MountStep>(&step.step.action)) return fill_in_server(found, *mount);
  if (found.files.empty() || found.files.size() != found.sources.size()) return sys::refusal("files without sources");
  for (std::size_t i = 0; i < found.files.size(); ++i)
    sources.push_back({found.files[i].content, found.sources[i]});
  if (auto* file = std::get_if<transport::FileStep>(&step.step.action)) {
    file->content = found.files.front().content;
  } else if (auto* run = std::get_if<transport::RunStep>(&step.step.action)) {
    run->files = std::move(found.files);
  }
  return {};
}

}  // namespace

bool needs_files(const PlanStep& step) {
  if (!step.server.empty()) return true;
  return !step.on_front_end && (std::holds_alternative<transport::FileStep>(step.step.action) ||
                                std::holds_alternative<transport::RunStep>(step.step.action));
}

void gather_files(const std::vector<PlanStep>& plan, transport::Bytes& findings) {
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!needs_files(plan[i])) continue;
    auto found = gather(plan[i]);
    sys::Status status;
    if (found) {
      status = append(*found, i, findings);
    } else {
      status = tl::make_unexpected(found.error());
    }
    if (status) continue;
    (void)append(transport::Failure{.reason = sys::cat("step ", plan[i].step.name, ": ", status.error().text())}, i,
                 findings);
    return;
  }
}

sys::Result<std::vector<ContentSource>> fill_in_files(std::span<const std::byte> findings,
                                                      std::vector<PlanStep>& plan) {
  std::vector<ContentSource> sources;
  while (!findings.empty()) {
    const auto header = transport::read_header(findings, transport::max_body);
    if (!header) return tl::make_unexpected(header.error());
    if (!*header || (*header)->body_size > findings.size() - transport::FrameHeader::size) {
      return sys::refusal("the findings about the plan's files are cut short");
    }
    const auto body = findings.subspan(transport::FrameHeader::size, (*header)->body_size);
    auto message = transport::decode((*header)->number, body);
    if (!message) return tl::make_unexpected(message.error());
    if (const auto* failure = std::get_if<transport::Failure>(&*message)) return sys::refusal(failure->reason);
    auto* found = std::get_if<transport::RunRequest>(&*message);
    if (!found || (*header)->request >= plan.size()) return sys::refusal("odd findings about the plan's files");
    if (auto status = fill_in(std::move(*found), plan[(*header)->request], sources); !status) {
      return tl::make_unexpected(status.error());
    }
    findings = findings.subspan(transport::FrameHeader::size + body.size());
  }
  return sources;
}

}  // namespace frontend
