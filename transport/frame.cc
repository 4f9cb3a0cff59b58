#include "transport/frame.h"

#include "sys/text.h"
#include "transport/codec.h"
#include "transport/little_endian.h"

namespace transport {

void append_header(const FrameHeader& header, Bytes& out) {
  append_little(header.body_size, 4, out);
  append_little(header.number, 2, out);
  append_little(header.reserved, 2, out);
  append_little(header.request, 8, out);
}

sys::Status append_frame(const Message& message, std::uint64_t request, Bytes& out) {
  const std::size_t start = out.size();
  append_header({.number = number_of(message), .request = request}, out);
  sys::Status status = encode(message, out);
  const std::size_t size = out.size() - start - FrameHeader::size;
  if (status && size > max_body) {
    status = sys::refusal(
        sys::cat(name_of_number(number_of(message)), " of ", size, " bytes, a frame holds at most ", max_body));
  }
  if (!status) {
    out.resize(start);
    return status;
  }
  store_little(size, std::span(out).subspan(start, 4));
  return {};
}

sys::Result<std::optional<FrameHeader>> read_header(std::span<const std::byte> bytes, std::size_t body_limit) {
  if (bytes.size() < FrameHeader::size) return std::nullopt;
  const FrameHeader header{.body_size = static_cast<std::uint32_t>(read_little(bytes.subspan(0, 4))),
                           .number = static_cast<std::uint16_t>(read_little(bytes.subspan(4, 2))),
                           .reserved = static_cast<std::uint16_t>(read_little(bytes.subspan(6, 2))),
                           .request = read_little(bytes.subspan(8, 8))};
  if (header.reserved != 0) {
    return sys::refusal(sys::cat("the reserved field of a frame is ", header.reserved, ": not our protocol"));
  }
  if (header.body_size > body_limit) {
    return sys::refusal(sys::cat("a frame (", name_of_number(header.number), ") of ", header.body_size,
                                 " bytes, at most ", body_limit, " are allowed now"));
  }
  return header;
}

}  // namespace transport
