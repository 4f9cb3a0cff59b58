// Frames, without a connection around them.
//
// Input: one byte that chooses the limit of a body and one for a field that may be too long, then frames. What has to
// hold: a header is read exactly when its 16 bytes are there, written again it is the same, it never claims more than the
// limit; what is refused is refused with a reason, whatever comes behind; and a message that cannot be sent leaves
// nothing behind in what is sent.
#include "tests/fuzz/fuzz.h"
#include "transport/codec.h"
#include "transport/frame.h"

namespace {

using namespace transport;
using fuzz::require;

constexpr std::size_t longest_interface = 15;

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Of another version nothing but the version is read, so the same bytes do not come back.
bool read_whole(const Message& message) {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.version; }) return value.version == protocol_version;
        return true;
      },
      message);
}

void check_body(const FrameHeader& header, std::span<const std::byte> frame) {
  const auto message = decode(header.number, frame.subspan(FrameHeader::size));
  if (!message) return require(!message.error().text().empty(), "a body is refused with a reason");
  Bytes out(3, std::byte{0x5a});  // what is appended to is left as it is
  require(append_frame(*message, header.request, out).has_value(), "what was read can be sent");
  require(equal(std::span(out).first(3), Bytes(3, std::byte{0x5a})), "what was there before a frame stays");
  if (read_whole(*message)) require(equal(std::span(out).subspan(3), frame), "a frame that is sent on is the same");
}

// The size of the frame in front of `bytes`; 0 when there is none.
std::size_t check_frame(std::span<const std::byte> bytes, std::size_t limit) {
  const auto header = read_header(bytes, limit);
  require(!read_header(bytes.first(std::min(bytes.size(), FrameHeader::size - 1)), limit).value().has_value(),
          "a header is not read before it is whole");
  if (!header) {
    require(!header.error().text().empty(), "a header is refused with a reason");
    require(!read_header(bytes.first(FrameHeader::size), limit), "what follows a refused header does not change that");
    return 0;
  }
  require(header->has_value() == (bytes.size() >= FrameHeader::size), "a header is read once it is whole");
  if (!*header) return 0;
  require((*header)->body_size <= limit && (*header)->reserved == 0, "a header keeps to the limits");
  Bytes again;
  append_header(**header, again);
  require(equal(again, bytes.first(FrameHeader::size)), "a header has one form");
  const std::size_t size = FrameHeader::size + (*header)->body_size;
  if (size > bytes.size()) return 0;
  check_body(**header, bytes.first(size));
  return size;
}

void check_refusal(std::size_t length) {
  Hello hello;
  hello.interface.assign(length, 'e');
  Bytes out(5);
  const bool sent = append_frame(hello, 1, out).has_value();
  require(sent == (length <= longest_interface), "caps hold for what is sent");
  require(sent ? out.size() > 5 : out.size() == 5, "what cannot be sent leaves nothing behind");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  constexpr std::size_t limits[] = {max_body, max_greeting_body, 64, 0};
  const std::size_t limit = limits[input.byte() % 4];
  check_refusal(input.byte());
  auto bytes = input.rest();
  while (const std::size_t frame = check_frame(bytes, limit))
    bytes = bytes.subspan(frame);
  return 0;
}
