#include "frontend/nodemaster/content_store.h"

#include <algorithm>

#include "sys/text.h"

namespace frontend {

ContentStore::Offer ContentStore::offer(const std::vector<ContentSource>& sources) {
  std::vector<transport::ContentHash> hashes;
  for (const ContentSource& source : sources) {
    Item& item = items_[source.content.hash];
    item.source = source;
    ++item.offers;
    hashes.push_back(source.content.hash);
  }
  return Offer(*this, std::move(hashes));
}

void ContentStore::withdraw(const std::vector<transport::ContentHash>& hashes) {
  for (const transport::ContentHash& hash : hashes) {
    const auto found = items_.find(hash);
    if (found == items_.end() || --found->second.offers > 0) continue;
    items_.erase(found);
    open_files_.remove_if([&](const OpenFile& file) { return file.hash == hash; });
  }
}

sys::Result<sys::FileReader*> ContentStore::open(const ContentSource& source) {
  const auto found = std::find_if(open_files_.begin(), open_files_.end(),
                                  [&](const OpenFile& file) { return file.hash == source.content.hash; });
  if (found != open_files_.end()) {
    open_files_.splice(open_files_.begin(), open_files_, found);
    return &open_files_.front().reader;
  }
  auto reader = sys::FileReader::open(source.path);
  if (!reader) return tl::make_unexpected(reader.error());
  if (open_files_.size() == max_open_files) open_files_.pop_back();
  open_files_.push_front({source.content.hash, std::move(*reader)});
  return &open_files_.front().reader;
}

sys::Status ContentStore::fill(const transport::Fetch& fetch, transport::Bytes& data) {
  const auto found = items_.find(fetch.hash);
  if (found == items_.end()) return sys::refusal("the front end does not offer this content (any more)");
  const ContentSource& source = found->second.source;
  const std::uint64_t size = source.content.size;
  if (fetch.length == 0 || fetch.length > max_block || fetch.offset > size || fetch.length > size - fetch.offset) {
    return sys::refusal(
        sys::cat("a piece of ", fetch.length, " bytes at ", fetch.offset, " of ", size, " was asked for"));
  }
  auto reader = open(source);
  if (!reader) return tl::make_unexpected(reader.error());
  data.resize(fetch.length);
  const auto got = (*reader)->read_at(fetch.offset, data);
  if (!got) return tl::make_unexpected(got.error());
  if (*got != data.size())
    return sys::refusal(sys::cat(source.path, " has changed on the front end: it is shorter now"));
  return {};
}

transport::Block ContentStore::read(const transport::Fetch& fetch) {
  transport::Block block;
  block.hash = fetch.hash;
  block.offset = fetch.offset;
  if (const auto status = fill(fetch, block.data); !status) {
    block.data.clear();
    block.reason = status.error().text();
  }
  return block;
}

}  // namespace frontend
