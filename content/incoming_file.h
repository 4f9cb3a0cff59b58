// One content on its way to the cache: what of it was asked for, what has come, and the hash of that. Blocks
// go to a file under a temporary name; it gets its own name when all is there and the hash is right.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "content/hash.h"
#include "sys/files.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace content {

class IncomingFile {
 public:
  IncomingFile(const transport::Content& content, std::uint32_t block_size)
      : content_(content), block_size_(block_size) {}

  const transport::Content& content() const { return content_; }
  sys::Status open(sys::Files& files, const std::string& path);

  // There is something that was not asked for yet.
  bool has_more() const { return asked_ < content_.size; }
  transport::Fetch next_request();
  std::uint64_t requests_in_flight() const { return (asked_ - received_ + block_size_ - 1) / block_size_; }
  // The requests in flight are lost with their connection: they are to be made again.
  void forget_requests() { asked_ = received_; }

  // Whether this is the answer to the oldest request in flight.
  bool awaits(const transport::Block& block) const;
  sys::Status take(const transport::Block& block);

  bool complete() const { return received_ == content_.size; }
  // Checks the hash and gives the file its name.
  sys::Status finish();

 private:
  std::uint32_t block_at(std::uint64_t offset) const;

  transport::Content content_;
  std::uint32_t block_size_;
  std::unique_ptr<sys::FileSink> sink_;
  Hasher hasher_;
  std::uint64_t asked_ = 0;     // bytes from the beginning
  std::uint64_t received_ = 0;  // likewise; at most asked_
};

// "content 0123456789ab", for errors.
std::string name_of(const transport::ContentHash& hash);

}  // namespace content
