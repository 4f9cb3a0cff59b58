#include "content/incoming_file.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace content {

namespace {
constexpr std::uint32_t mode = 0755;  // programs are executed from the cache
}

std::string name_of(const transport::ContentHash& hash) { return "content " + format_hash(hash).substr(0, 12); }

sys::Status IncomingFile::open(sys::Files& files, const std::string& path) {
  auto sink = files.create(path, mode);
  if (!sink) return tl::unexpected(sink.error());
  sink_ = std::move(*sink);
  return {};
}

std::uint32_t IncomingFile::block_at(std::uint64_t offset) const {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(block_size_, content_.size - offset));
}

transport::Fetch IncomingFile::next_request() {
  const transport::Fetch fetch{content_.hash, asked_, block_at(asked_)};
  asked_ += fetch.length;
  return fetch;
}

bool IncomingFile::awaits(const transport::Block& block) const {
  return asked_ > received_ && (!block.reason.empty() || block.offset == received_);
}

sys::Status IncomingFile::take(const transport::Block& block) {
  if (!block.reason.empty()) {
    return sys::refusal(sys::cat("fetch ", name_of(content_.hash), ": ", sys::printable(block.reason)));
  }
  if (block.data.size() != block_at(received_)) {
    return sys::refusal(sys::cat("fetch ", name_of(content_.hash), ": ", block.data.size(), " bytes came at ",
                                 block.offset, " where ", block_at(received_), " were asked for"));
  }
  if (auto status = sink_->append(block.data); !status) return status;
  hasher_.add(block.data);
  received_ += block.data.size();
  return {};
}

sys::Status IncomingFile::finish() {
  const transport::ContentHash found = hasher_.finish();
  if (found != content_.hash) {
    return sys::refusal(sys::cat("fetch ", name_of(content_.hash), ": what came has the hash ", format_hash(found),
                                 " instead of ", format_hash(content_.hash),
                                 "; the file has changed on the front end, or was damaged on the way"));
  }
  return sink_->finish();
}

}  // namespace content
