// The records of a secure channel, without the handshake in front.
//
// Input: one byte that chooses how soon keys are renewed, then what is sealed, how it is changed on the way, and in which
// pieces it comes (record_stream.h, which says what has to hold).
#include "tests/fuzz/record_stream.h"
#include "transport/records.h"

namespace {

// Every trial has a key of its own: a fuzzer that sees what is compared with what would otherwise learn genuine records
// from one trial, and play them into another.
crypto::Secret key_of(const std::uint8_t* data, std::size_t size) {
  std::uint64_t sum = 0xcbf29ce484222325;  // FNV-1a
  for (std::size_t i = 0; i < size; ++i)
    sum = (sum ^ data[i]) * 0x100000001b3;
  crypto::Secret key;
  for (std::uint8_t& byte : key.bytes())
    byte = static_cast<std::uint8_t>((sum = sum * 6364136223846793005 + 1442695040888963407) >> 56);
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint64_t records_per_key = 1 + input.byte() % 8;
  const crypto::CipherState cipher{key_of(data, size)};
  transport::RecordSealer sealer(cipher, records_per_key);
  transport::RecordOpener opener(cipher, records_per_key);
  fuzz::RecordStream stream([&](std::span<const std::byte> clear, transport::Bytes& wire) { sealer.seal(clear, wire); },
                            input);
  stream.check([&](std::span<const std::byte> wire, transport::Bytes& clear) { return opener.open(wire, clear); },
               [&] { return opener.incomplete(); }, input);
  return 0;
}
