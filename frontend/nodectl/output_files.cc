#include "frontend/nodectl/output_files.h"

#include <utility>

#include "sys/files.h"
#include "sys/limits.h"
#include "sys/output_file.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint64_t other_files = 64;  // descriptors of nodectl's own

}  // namespace

bool names_a_file(std::string_view node) { return !node.empty() && node.front() != '.' && node.find('/') == node.npos; }

sys::Status OutputFiles::open(const std::vector<std::string>& names) {
  sys::KernelFiles files(sys::LinkTrust::all);
  if (auto made = files.make_directories(directory_); !made) return made;
  // Should this not succeed, opening them says so.
  static_cast<void>(sys::raise_open_files(2 * names.size() + other_files));
  for (const std::string& name : names) {
    if (!names_a_file(name))
      return sys::refusal(sys::cat("node ", sys::printable(name), " has no name that a file could have"));
    for (const char* const suffix : {".out", ".err"})
      if (auto opened = open(sys::cat(directory_, "/", name, suffix)); !opened) return opened;
  }
  return {};
}

sys::Status OutputFiles::open(const std::string& path) {
  auto stream = sys::create_output_file(path);
  if (!stream) return tl::unexpected(stream.error());
  files_.push_back(std::make_unique<Output>(loop_, std::move(*stream)));
  files_.back()->notify([] {},
                        [this, path](const sys::Error& error) {
                          broken_({error.code, sys::cat("write ", path)});
                        });
  return {};
}

Output* OutputFiles::of(std::uint32_t rank, transport::StreamName stream) {
  const std::size_t index = 2 * std::size_t{rank} + (stream == transport::StreamName::error ? 1 : 0);
  return index < files_.size() ? files_[index].get() : nullptr;
}

}  // namespace frontend
