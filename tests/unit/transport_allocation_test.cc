// Claims in hostile messages must not make us allocate. Every allocation of the test program passes through here.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "tests/unit/transport_samples.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace {
std::size_t largest_allocation = 0;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > largest_allocation) largest_allocation = size;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace transport;

namespace {

void claim(Bytes& body, std::size_t offset, std::uint32_t count) {
  for (std::size_t i = 0; i < 4; ++i)
    body[offset + i] = static_cast<std::byte>(count >> (8 * i));
}

}  // namespace

TEST_CASE("no claim in any message makes us allocate more than its bytes justify") {
  for (const Message& message : samples::one_of_each()) {
    CAPTURE(name_of_number(number_of(message)));
    const Bytes body = samples::body_of(message);
    // An element may take more room in memory than on the wire (an empty string: 32 to 4), never 16 times as much.
    const std::size_t justified = 16 * body.size() + 512;
    for (const std::uint32_t count : {0xffffffffu, 0x01000000u, 65536u, 4096u, 2048u}) {
      for (std::size_t offset = 0; offset + 4 <= body.size(); ++offset) {
        Bytes hostile = body;
        claim(hostile, offset, count);
        largest_allocation = 0;
        const auto decoded = decode(number_of(message), hostile);
        CHECK(largest_allocation <= justified);
      }
    }
  }
}

TEST_CASE("the count of allocations works") {
  largest_allocation = 0;
  const Bytes bytes(123456);
  CHECK(largest_allocation == 123456);
}
