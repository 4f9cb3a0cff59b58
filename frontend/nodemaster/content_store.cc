#include "frontend/nodemaster/content_store.h"

#include <algorithm>

#include "sys/text.h"

namespace frontend {

sys::Result<sys::FileReader> ContentStore::open_file(const std::string& path, const sys::FileRights* rights) {
  return rights ? sys::FileReader::open_as(*rights, path) : sys::FileReader::open(path);
}

ContentStore::Offer ContentStore::offer(const std::vector<ContentSource>& sources, const ReaderRights& rights) {
  std::vector<transport::ContentHash> hashes;
  for (const ContentSource& source : sources)
    hashes.push_back(source.content.hash);
  const Nodes nodes = rights ? std::make_shared<Nodes::element_type>() : nullptr;
  Offer made(*this, next_offer_++, hashes, nodes);
  for (const ContentSource& source : sources)
    add({next_offer_ - 1, source, rights, nodes});
  return made;
}

// In the order in which they are tried. What an offer has twice counts once.
void ContentStore::add(Source source) {
  Sources& sources = items_[source.file.content.hash];
  const auto place = std::find_if(sources.begin(), sources.end(),
                                  [&](const Source& other) { return other.order() >= source.order(); });
  if (place != sources.end() && place->offer == source.offer) return;
  sources.insert(place, std::move(source));
}

void ContentStore::withdraw(std::uint64_t offer, const std::vector<transport::ContentHash>& hashes) {
  for (const transport::ContentHash& hash : hashes) {
    const auto found = items_.find(hash);
    if (found == items_.end()) continue;
    std::erase_if(found->second, [offer](const Source& source) { return source.offer == offer; });
    if (found->second.empty()) items_.erase(found);
  }
  open_files_.remove_if([offer](const OpenFile& file) { return file.offer == offer; });
}

sys::Result<sys::FileReader*> ContentStore::open(const Source& source) {
  const auto found = std::find_if(open_files_.begin(), open_files_.end(), [&](const OpenFile& file) {
    return file.offer == source.offer && file.hash == source.file.content.hash;
  });
  if (found != open_files_.end()) {
    open_files_.splice(open_files_.begin(), open_files_, found);
    return &open_files_.front().reader;
  }
  auto reader = open_anew(source);
  if (!reader) return tl::make_unexpected(reader.error());
  if (open_files_.size() == max_open_files) open_files_.pop_back();
  open_files_.push_front({source.offer, source.file.content.hash, std::move(*reader)});
  return &open_files_.front().reader;
}

// Files that the kernel makes up as they are read (/proc) are of no size, and so never content: some show whoever opens
// them what is nodemaster's own.
sys::Result<sys::FileReader> ContentStore::open_anew(const Source& source) {
  auto reader = opener_(source.file.path, source.rights.get());
  if (!reader) return reader;
  const auto facts = reader->facts();
  if (!facts) return tl::make_unexpected(facts.error());
  if (facts->size < source.file.content.size)
    return sys::refusal(sys::cat(source.file.path, " has changed on the front end: it is shorter now"));
  return reader;
}

sys::Status ContentStore::fill(transport::NodeNumber node, const transport::Fetch& fetch, transport::Bytes& data) {
  sys::Status status = sys::refusal("the front end does not offer this content (any more)");
  const auto found = items_.find(fetch.hash);
  if (found == items_.end()) return status;
  std::size_t tries = 0;
  for (const Source& source : found->second) {
    if (!source.is_for(node)) continue;
    status = fill_from(source, fetch, data);
    if (status || ++tries == max_tries) break;
  }
  return status;
}

sys::Status ContentStore::fill_from(const Source& source, const transport::Fetch& fetch, transport::Bytes& data) {
  const std::uint64_t size = source.file.content.size;
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
    return sys::refusal(sys::cat(source.file.path, " has changed on the front end: it is shorter now"));
  return {};
}

transport::Block ContentStore::read(transport::NodeNumber node, const transport::Fetch& fetch) {
  transport::Block block;
  block.hash = fetch.hash;
  block.offset = fetch.offset;
  if (const auto status = fill(node, fetch, block.data); !status) {
    block.data.clear();
    block.reason = status.error().text();
  }
  return block;
}

}  // namespace frontend
