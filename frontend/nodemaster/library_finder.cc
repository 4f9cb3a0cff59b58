// LibrariesNeed: the closure of what is asked for, its links, and the loader's cache.
#include "content/hash.h"
#include "frontend/common/node_libraries.h"
#include "frontend/nodemaster/step_files.h"
#include "sys/file_reader.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_cache = 65536;  // bytes: what stands inside of a message

sys::Status add_file(const ProgramFile& file, transport::FileStep& step, std::vector<ContentSource>& sources) {
  const auto content = content::hash_file(file.source);
  if (!content) return tl::unexpected(content.error());
  step.entries.push_back({file.path, *content, file.mode, 0, 0, 0});
  sources.push_back({*content, file.source});
  return {};
}

sys::Status add_cache(const std::vector<CachedLibrary>& libraries, transport::FileStep& step) {
  auto cache = make_loader_cache(libraries);
  if (!cache) return tl::unexpected(sys::within("/etc/ld.so.cache", cache.error()));
  if (cache->size() > max_cache)
    return sys::refusal(sys::cat("/etc/ld.so.cache would have ", cache->size(), " bytes, more than ", max_cache,
                                 "; name fewer libraries"));
  step.entries.push_back({"/etc/ld.so.cache", transport::TextContent{*std::move(cache)}, 0644, 0, 0, 0});
  return {};
}

}  // namespace

sys::Result<FoundStep> find_libraries(const LibrariesNeed& need) {
  const auto found = resolve_libraries({need.programs, need.libraries});
  if (!found) return tl::unexpected(found.error());
  transport::FileStep step;
  std::vector<ContentSource> sources;
  for (const ProgramFile& file : found->files) {
    if (auto status = add_file(file, step, sources); !status) return tl::unexpected(status.error());
  }
  for (const NodeLink& link : found->links)
    step.entries.push_back({link.path, transport::LinkTarget{link.target}, 0777, 0, 0, 0});
  if (need.cache && !found->cached.empty()) {
    if (auto status = add_cache(found->cached, step); !status) return tl::unexpected(status.error());
  }
  return FoundStep{std::move(step), std::move(sources)};
}

}  // namespace frontend
