#include "network/rarp.h"

#include <doctest/doctest.h>

namespace {

const network::RarpPacket reply{.operation = network::RarpOperation::reply,
                                .sender_mac = {0x52, 0x54, 0, 9, 0, 1},
                                .sender_ip = 0x0a090001,
                                .target_mac = {0x52, 0x54, 0, 9, 0, 3},
                                .target_ip = 0x0a090103};

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (unsigned value : values)
    out.push_back(static_cast<std::byte>(value));
  return out;
}

}  // namespace

TEST_CASE("rarp: the bytes are those of RFC 903") {
  CHECK(network::encode(reply) == bytes({0,    1,    8, 0, 6, 4, 0,    4,        //
                                         0x52, 0x54, 0, 9, 0, 1, 0x0a, 9, 0, 1,  //
                                         0x52, 0x54, 0, 9, 0, 3, 0x0a, 9, 1, 3}));
}

TEST_CASE("rarp: what was encoded is decoded, padded or not") {
  auto packet = network::encode(reply);
  for (std::size_t padding : {0, 18}) {
    packet.resize(28 + padding);
    const auto decoded = network::decode_rarp(packet);
    REQUIRE(decoded);
    CHECK(decoded->operation == reply.operation);
    CHECK(decoded->sender_mac == reply.sender_mac);
    CHECK(decoded->sender_ip == reply.sender_ip);
    CHECK(decoded->target_mac == reply.target_mac);
    CHECK(decoded->target_ip == reply.target_ip);
  }
}

TEST_CASE("rarp: every cut is refused") {
  const auto packet = network::encode(reply);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    CHECK_FALSE(network::decode_rarp(std::span(packet).first(size)));
  }
}

TEST_CASE("rarp: what is not Ethernet, IPv4 and RARP is refused with the reason") {
  struct Wrong {
    std::size_t offset;
    unsigned value;
    const char* reason;
  };
  for (const Wrong& wrong :
       {Wrong{1, 6, "hardware type 6"}, Wrong{2, 0x86, "protocol type"}, Wrong{4, 8, "hardware address size 8"},
        Wrong{5, 16, "protocol address size 16"}, Wrong{7, 1, "operation 1"}, Wrong{6, 1, "operation 260"}}) {
    auto packet = network::encode(reply);
    packet[wrong.offset] = static_cast<std::byte>(wrong.value);
    const auto decoded = network::decode_rarp(packet);
    REQUIRE_FALSE(decoded);
    CAPTURE(decoded.error().what);
    CHECK(decoded.error().what.find(wrong.reason) != std::string::npos);
  }
}
