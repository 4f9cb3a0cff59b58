// The records of a secure channel, without the handshake in front.
//
// Input: one byte that chooses how soon keys are renewed, then what is sealed, how it is changed on the way, and in which
// pieces it comes (record_stream.h, which says what has to hold).
#include "tests/fuzz/record_stream.h"
#include "transport/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint64_t records_per_key = 1 + input.byte() % 8;
  const crypto::CipherState cipher{crypto::Secret{}};
  transport::RecordSealer sealer(cipher, records_per_key);
  transport::RecordOpener opener(cipher, records_per_key);
  fuzz::RecordStream stream([&](std::span<const std::byte> clear, transport::Bytes& wire) { sealer.seal(clear, wire); },
                            input);
  stream.check([&](std::span<const std::byte> wire, transport::Bytes& clear) { return opener.open(wire, clear); },
               [&] { return opener.incomplete(); }, input);
  return 0;
}
