// BLAKE2b-256 (RFC 7693, libsodium's crypto_generichash): the name of a file's content.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "sys/files.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace content {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void add(std::span<const std::byte> piece);
  transport::ContentHash finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string format_hash(const transport::ContentHash& hash);  // 64 hexadecimal digits

// Hash and size of a regular file. Blocks: reads all of it. A file that changes meanwhile is refused.
sys::Result<transport::Content> hash_file(const std::string& path);

}  // namespace content
