#include "setup/content_uses.h"

#include <set>

namespace setup {
namespace {

using transport::ContentHash;
using Hashes = std::set<ContentHash>;

Hashes copied_by(const transport::Step& step) {
  Hashes hashes;
  if (const auto* file = std::get_if<transport::FileStep>(&step.action)) {
    for (const transport::TreeEntry& entry : file->entries)
      if (const auto* content = std::get_if<transport::Content>(&entry.what)) hashes.insert(content->hash);
  }
  if (const auto* modules = std::get_if<transport::ModuleStep>(&step.action)) {
    for (const transport::ModuleEntry& module : modules->modules)
      hashes.insert(module.content.hash);
  }
  return hashes;
}

const std::vector<transport::FileEntry>* program_files(const transport::Step& step) {
  if (const auto* run = std::get_if<transport::RunStep>(&step.action)) return &run->files;
  if (const auto* service = std::get_if<transport::ServiceStep>(&step.action)) return &service->files;
  return nullptr;
}

}  // namespace

ContentUses::ContentUses(const std::vector<transport::Step>& steps) {
  for (const transport::Step& step : steps) {
    for (const ContentHash& hash : copied_by(step))
      ++uses_[hash].steps;
    if (const auto* files = program_files(step)) {
      for (const transport::FileEntry& file : *files)
        uses_[file.content.hash].kept = true;
    }
  }
}

bool ContentUses::is_spare(const ContentHash& hash) const {
  const auto use = uses_.find(hash);
  return use != uses_.end() && !use->second.kept && use->second.steps <= 1;
}

std::vector<ContentHash> ContentUses::release(const transport::Step& step) {
  std::vector<ContentHash> free;
  for (const ContentHash& hash : copied_by(step)) {
    const auto use = uses_.find(hash);
    if (use == uses_.end() || use->second.kept || --use->second.steps > 0) continue;
    free.push_back(hash);
    uses_.erase(use);
  }
  return free;
}

std::vector<ContentHash> ContentUses::rest() const {
  std::vector<ContentHash> hashes;
  for (const auto& [hash, use] : uses_)
    if (!use.kept) hashes.push_back(hash);
  return hashes;
}

}  // namespace setup
