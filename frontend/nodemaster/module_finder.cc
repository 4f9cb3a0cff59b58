// ModulesNeed: the files to load, in order, unpacked where the kernel could not do that.
#include "content/hash.h"
#include "frontend/common/kernel_modules.h"
#include "frontend/common/module_content.h"
#include "frontend/nodemaster/step_files.h"
#include "sys/files.h"
#include "sys/text.h"

namespace frontend {
namespace {

// The unpacked module's file, written unless it is there.
sys::Result<std::string> unpacked(const ModuleFile& module, const std::string& spool) {
  const auto bytes = module_content(module);
  if (!bytes) return tl::unexpected(bytes.error());
  content::Hasher hasher;
  hasher.add(std::as_bytes(std::span(*bytes)));
  const std::string path = sys::cat(spool, "/", content::format_hash(hasher.finish()), ".ko");
  sys::KernelFiles files{sys::LinkTrust::all};
  const auto there = files.facts(path);
  if (there && *there && (*there)->size == bytes->size()) return path;
  if (auto made = files.make_directories(spool); !made) return tl::unexpected(made.error());
  const auto written = files.replace(path, std::as_bytes(std::span(*bytes)), {.uid = 0, .gid = 0, .mode = 0600});
  if (!written) return tl::unexpected(written.error());
  return path;
}

}  // namespace

sys::Result<FoundStep> find_modules(const ModulesNeed& need) {
  if (need.directory.find('{') != std::string::npos)
    return sys::refusal(sys::cat("which kernel the node has, for ", need.directory, ", is not known"));
  sys::KernelFiles files{sys::LinkTrust::all};
  const auto there = files.facts_through(need.directory);
  if (there && !*there) {
    return sys::refusal(sys::cat("the front end has no ", need.directory,
                                 ": put the modules of the node's kernel there, or name their 'directory'"));
  }
  const auto folder = ModuleFolder::read(need.directory);
  if (!folder) return tl::unexpected(folder.error());
  std::vector<ModuleRequest> requests;
  for (const ModuleWanted& module : need.modules)
    requests.push_back({module.name, module.options});
  const auto order = folder->load_order(requests);
  if (!order) return tl::unexpected(order.error());

  transport::ModuleStep step;
  std::vector<ContentSource> sources;
  for (const ModuleFile& module : order->files) {
    std::string path = module.source;
    if (module.packing != ModulePacking::none) {
      auto plain = unpacked(module, need.spool);
      if (!plain) return tl::unexpected(plain.error());
      path = *std::move(plain);
    }
    const auto content = content::hash_file(path);
    if (!content) return tl::unexpected(content.error());
    step.modules.push_back({module.name, *content, module.options});
    sources.push_back({*content, path});
  }
  return FoundStep{std::move(step), std::move(sources)};
}

}  // namespace frontend
