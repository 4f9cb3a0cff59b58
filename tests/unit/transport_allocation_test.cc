// Claims in hostile messages must not make us allocate. Every allocation of the test program passes through here.
#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/fakes/fake_stream.h"
#include "tests/unit/transport_samples.h"
#include "transport/codec.h"
#include "transport/connection.h"
#include "transport/frame.h"
#include "transport/secure_channel.h"

namespace {
std::size_t largest_allocation = 0;
std::atomic<std::size_t> allocated = 0;  // bytes, now; tests of other parts have threads

void forget(void* memory) {
  if (memory != nullptr) allocated -= ::malloc_usable_size(memory);
  std::free(memory);
}
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > largest_allocation) largest_allocation = size;
  void* const memory = std::malloc(size);
  if (memory != nullptr) allocated += ::malloc_usable_size(memory);
  return memory;
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { forget(memory); }
void operator delete(void* memory, std::size_t) noexcept { forget(memory); }

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

namespace {

struct Ignore final : ConnectionHandler {
  void on_message(std::uint64_t, Message) override {}
  void on_closed(const sys::Error&) override {}
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

sys::Status same_key(std::span<std::uint8_t> key) {
  std::fill(key.begin(), key.end(), std::uint8_t{7});
  return {};
}

}  // namespace

TEST_CASE("before the greeting a connection costs little, and what a record announces nothing until it comes") {
  constexpr std::size_t bare = 4096;  // bytes: docs/SECURITY.md
  FrontEndKeys keys{.protection = Protection::nk};
  REQUIRE(same_key(keys.key.bytes()));
  keys.public_key = crypto::public_of(keys.key);
  ReplayGuard guard;
  fakes::Faults faults;
  fakes::FakeClock clock(faults);
  fakes::FakeLoop loop(clock, faults);
  auto [near, far] = fakes::FakeStream::pair(loop, faults);
  Bytes first;
  REQUIRE(make_node_channel({.protection = keys.protection, .front_end = keys.public_key}, same_key)->begin(first));
  Ignore handler;
  const auto receive = [&loop, &peer = *far](std::string_view bytes) {
    peer.put(bytes);
    loop.run_until_idle();
  };

  const std::size_t before = allocated;
  Connection connection(loop, std::move(near), make_front_end_channel(keys, guard, same_key), {}, handler);
  REQUIRE(connection.start(false));
  receive(text_of(first));
  REQUIRE(connection.established());
  receive(std::string("\xfe\x3f?", 3));  // a record of max_record bytes begins
  CHECK(allocated - before < bare);
  std::size_t come = 3;
  for (; come + 1000 < max_record; come += 1000) {
    receive(std::string(1000, '?'));
    CHECK(allocated - before < bare + 2 * (come + 1000));
  }
  CHECK(allocated - before < bare + max_record + 1000);  // 1000: the fake's own
  CHECK(connection.open());
}

TEST_CASE("the count of allocations works") {
  largest_allocation = 0;
  const std::size_t before = allocated;
  {
    const Bytes bytes(123456);
    CHECK(largest_allocation == 123456);
    CHECK(allocated - before >= 123456);
  }
  CHECK(allocated == before);
}
