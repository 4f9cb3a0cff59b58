#include "transport/frame.h"

#include <doctest/doctest.h>

#include "tests/unit/transport_samples.h"

using namespace transport;

TEST_CASE("a header is read once 16 bytes are there") {
  const Bytes frame = samples::frame_of(Ping{7}, 0x1122334455667788);
  for (std::size_t size = 0; size < FrameHeader::size; ++size) {
    const auto header = read_header(std::span(frame).first(size), max_body);
    REQUIRE(header);
    CHECK_FALSE(header->has_value());
  }
  const auto header = read_header(frame, max_body);
  REQUIRE(header);
  REQUIRE(*header);
  CHECK((*header)->body_size == 8);
  CHECK((*header)->number == Ping::number);
  CHECK((*header)->request == 0x1122334455667788);
}

TEST_CASE("a frame above the limit is refused by its header alone") {
  Bytes out;
  append_header({.body_size = 4097, .number = Launch::number}, out);
  CHECK(read_header(out, max_body));
  const auto refused = read_header(out, max_greeting_body);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() == "a frame (Launch) of 4097 bytes, at most 4096 are allowed now");
}

TEST_CASE("something else than our protocol is refused") {
  const Bytes out = samples::bytes_of("GET / HTTP/1.1\r\n");
  CHECK_FALSE(read_header(out, 0xffffffff));
}

TEST_CASE("a message above the largest frame is refused, and leaves no trace") {
  Bytes out = samples::bytes_of("before");
  const auto status = append_frame(Launch{.arguments = std::vector<std::string>(40, std::string(131072, 'x'))}, 0, out);
  REQUIRE_FALSE(status);
  CHECK(status.error().text().starts_with("Launch of 5243"));
  CHECK(out == samples::bytes_of("before"));
}
