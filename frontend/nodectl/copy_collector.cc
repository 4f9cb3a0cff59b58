#include "frontend/nodectl/copy_collector.h"

#include <algorithm>

#include "frontend/nodectl/output_files.h"
#include "sys/environment.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint32_t same = ~0u;  // owner and group: as the kernel has made it

// With what is missing above it. As with mkdir(1), the caller's creation mask says who gets in.
sys::Status make_folder(sys::Files& files, const std::string& path) {
  const auto found = files.facts_through(path);
  if (!found) return tl::unexpected(found.error());
  if (*found || path == "/") return {};
  if (auto above = make_folder(files, std::string(sys::parent_of(path))); !above) return above;
  return files.make_directory(path, {same, same, 0777 & ~sys::creation_mask()});
}

}  // namespace

void CopyCollector::begin(const std::vector<std::string>& names) {
  const bool several = names.size() > 1;
  for (const std::string& name : names) {
    trees_.push_back(
        std::make_unique<Tree>(files_, name, several ? folder_for(name) : destination_,
                               TreeWriterOptions{.preserve = preserve_, .into = several, .umask = sys::creation_mask()},
                               [this, name](const std::string& what) { complain_of(name, what); }));
  }
}

// Made here; should that not succeed, writing into it says so.
std::string CopyCollector::folder_for(const std::string& node) {
  const std::string folder = sys::cat(destination_, "/", names_a_file(node) ? node : sys::cat("node-", trees_.size()));
  static_cast<void>(make_folder(files_, folder));
  return folder;
}

void CopyCollector::take(std::uint32_t rank, std::span<const std::byte> data) {
  Tree& tree = *trees_.at(rank);
  const auto taken = tree.decoder.add(data);
  if (!taken && std::exchange(tree.sound, false)) complain_of(tree.name, taken.error().text());
}

// A rank that did not run, or failed, has said so itself.
void CopyCollector::end(std::uint32_t rank) { incomplete_ = incomplete_ || !trees_.at(rank)->decoder.complete(); }

bool CopyCollector::failed() const {
  return incomplete_ ||
         std::any_of(trees_.begin(), trees_.end(), [](const auto& tree) { return tree->writer.failed(); });
}

CopyCount CopyCollector::count() const {
  CopyCount sum;
  for (const auto& tree : trees_) {
    sum.files += tree->writer.count().files;
    sum.bytes += tree->writer.count().bytes;
  }
  return sum;
}

void CopyCollector::complain_of(const std::string& node, const std::string& what) {
  complain(context_, sys::cat(node, ": ", what));
}

}  // namespace frontend
