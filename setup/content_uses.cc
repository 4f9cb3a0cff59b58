#include "setup/content_uses.h"

#include <utility>

namespace setup {
namespace {

using transport::ContentHash;
using Hashes = ContentUses::Hashes;

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

void ContentUses::begin(const transport::Setup& part, Hashes in_force) {
  if (part.plan != plan_) programs_.clear();
  plan_ = part.plan;
  in_force_ = std::move(in_force);
  steps_.clear();
  for (const transport::Step& step : part.steps) {
    for (const ContentHash& hash : copied_by(step))
      ++steps_[hash];
    if (const auto* files = program_files(step)) {
      for (const transport::FileEntry& file : *files)
        programs_.insert(file.content.hash);
    }
  }
}

std::vector<ContentHash> ContentUses::end() {
  std::vector<ContentHash> free;
  for (const auto& [hash, steps] : std::exchange(steps_, {}))
    if (!is_kept(hash)) free.push_back(hash);
  return free;
}

bool ContentUses::is_kept(const ContentHash& hash) const {
  return programs_.contains(hash) || in_force_.contains(hash);
}

bool ContentUses::is_spare(const ContentHash& hash) const {
  const auto steps = steps_.find(hash);
  return steps != steps_.end() && steps->second == 1 && !is_kept(hash);
}

std::vector<ContentHash> ContentUses::release(const transport::Step& step) {
  std::vector<ContentHash> free;
  for (const ContentHash& hash : copied_by(step)) {
    const auto steps = steps_.find(hash);
    if (steps == steps_.end() || --steps->second > 0) continue;
    steps_.erase(steps);
    if (!is_kept(hash)) free.push_back(hash);
  }
  return free;
}

}  // namespace setup
