// The body of every message there is.
//
// Input: one byte that chooses the message (past the last: two bytes that are its number), then the body. What has to
// hold: what is accepted has one form, so that encoded again it is the same bytes; what is refused is refused with a
// reason that names the message; and no claim in it makes us allocate more than its bytes justify.
#include <vector>

#include "tests/fuzz/allocation.h"
#include "tests/fuzz/fuzz.h"
#include "transport/codec.h"

namespace {

using namespace transport;
using fuzz::require;

template <class... T> std::vector<std::uint16_t> numbers(const std::variant<T...>*) { return {T::number...}; }
const std::vector<std::uint16_t> known = numbers(static_cast<const Message*>(nullptr));

// An element may take more room in memory than on the wire (an empty string: 32 to 4), never 16 times as much; and a
// reason is told in a few strings.
std::size_t justified(std::size_t body) { return 16 * body + 4096; }

bool read_whole(const Message& message) {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.version; }) return value.version == protocol_version;
        return true;
      },
      message);
}

void check(std::uint16_t number, std::span<const std::byte> body) {
  const fuzz::Allocations allocations;
  const auto message = decode(number, body);
  require(allocations.total() <= justified(body.size()), "a message costs what its bytes justify");
  if (!message) {
    return require(message.error().text().find(name_of_number(number)) != std::string::npos,
                   "a refusal names the message");
  }
  require(number_of(*message) == number, "a message is of the kind that was asked for");
  Bytes again;
  require(encode(*message, again).has_value(), "what was read can be sent");
  if (!read_whole(*message)) return;
  require(std::equal(again.begin(), again.end(), body.begin(), body.end()), "a message has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t choice = input.byte();
  const std::uint16_t number = choice < known.size() ? known[choice] : input.word();
  check(number, input.rest());
  return 0;
}
