#include "crypto/sodium.h"

#include <sodium.h>

#include <cstdint>
#include <cstring>

namespace crypto {

namespace {

// What libsodium itself would use: canaries of its guarded allocator, which nothing here calls.
const char* name() { return "none"; }
std::uint32_t number() { return 0; }
void fill(void* buffer, const std::size_t size) { std::memset(buffer, 0, size); }

randombytes_implementation no_randomness = {
    .implementation_name = name, .random = number, .stir = nullptr, .uniform = nullptr, .buf = fill, .close = nullptr};

bool initialise() {
  randombytes_set_implementation(&no_randomness);
  return sodium_init() >= 0;
}

}  // namespace

void prepare_sodium() { [[maybe_unused]] static const bool ready = initialise(); }

}  // namespace crypto
