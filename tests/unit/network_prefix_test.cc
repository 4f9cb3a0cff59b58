#include "network/prefix.h"

#include <doctest/doctest.h>

#include "sys/stream.h"

namespace {

std::uint32_t ip(const char* text) { return sys::parse_ip(text).value(); }

}  // namespace

TEST_CASE("prefix: netmasks") {
  CHECK(network::netmask(0) == 0);
  CHECK(network::netmask(8) == ip("255.0.0.0"));
  CHECK(network::netmask(31) == ip("255.255.255.254"));
  CHECK(network::netmask(32) == ip("255.255.255.255"));
}

TEST_CASE("prefix: the class of an address") {
  CHECK(network::class_prefix(ip("10.9.1.3")) == 8);
  CHECK(network::class_prefix(ip("127.255.0.1")) == 8);
  CHECK(network::class_prefix(ip("128.0.0.1")) == 16);
  CHECK(network::class_prefix(ip("172.16.0.1")) == 16);
  CHECK(network::class_prefix(ip("191.255.0.1")) == 16);
  CHECK(network::class_prefix(ip("192.168.1.1")) == 24);
}

TEST_CASE("prefix: the same network") {
  CHECK(network::same_network(ip("10.9.1.3"), ip("10.9.200.1"), 16));
  CHECK_FALSE(network::same_network(ip("10.9.1.3"), ip("10.8.1.3"), 16));
  CHECK(network::same_network(ip("1.2.3.4"), ip("200.2.3.4"), 0));
  CHECK_FALSE(network::same_network(ip("10.0.0.1"), ip("10.0.0.2"), 32));
}

TEST_CASE("prefix: what a machine can have") {
  for (const char* good : {"10.9.1.3", "1.0.0.0", "126.255.255.255", "128.0.0.1", "223.255.255.254"}) {
    CAPTURE(good);
    CHECK(network::is_unicast(ip(good)));
  }
  for (const char* bad :
       {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
    CAPTURE(bad);
    CHECK_FALSE(network::is_unicast(ip(bad)));
  }
  CHECK(network::is_host(ip("10.9.1.3"), 16));
  CHECK_FALSE(network::is_host(ip("10.9.0.0"), 16));
  CHECK_FALSE(network::is_host(ip("10.9.255.255"), 16));
  CHECK(network::is_host(ip("10.9.0.0"), 31));
  CHECK(network::is_host(ip("10.9.0.0"), 32));
}
