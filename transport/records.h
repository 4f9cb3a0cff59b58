// The records that carry bytes after the handshake: one object for each direction. secure_channel.h has their form.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/noise.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace transport {

// A cipher that takes a new key after every so many records.
class RecordCipher {
 public:
  RecordCipher(const crypto::CipherState& cipher, std::uint64_t records_per_key)
      : cipher_(cipher), records_per_key_(records_per_key) {}

  void encrypt(std::span<const std::byte> plain, std::byte* out);
  bool decrypt(std::span<const std::byte> sealed, std::byte* out);

 private:
  void count();

  crypto::CipherState cipher_;
  const std::uint64_t records_per_key_;
  std::uint64_t records_ = 0;  // with the present key
};

class RecordSealer {
 public:
  RecordSealer(const crypto::CipherState& cipher, std::uint64_t records_per_key) : cipher_(cipher, records_per_key) {}

  // Appends `clear` as records, or throws std::bad_alloc and has changed nothing.
  void seal(std::span<const std::byte> clear, Bytes& wire);

 private:
  RecordCipher cipher_;
};

class RecordOpener {
 public:
  RecordOpener(const crypto::CipherState& cipher, std::uint64_t records_per_key) : cipher_(cipher, records_per_key) {}

  // Appends what the records in `bytes` say to `clear`; the beginning of one that is not whole yet is kept.
  sys::Status open(std::span<const std::byte> bytes, Bytes& clear);
  std::size_t incomplete() const { return partial_.size(); }

 private:
  sys::Status open_one(std::span<const std::byte> record, Bytes& clear);
  sys::Status collect(std::span<const std::byte>& bytes, Bytes& clear);

  RecordCipher cipher_;
  Bytes partial_;
};

}  // namespace transport
