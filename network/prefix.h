// Arithmetic with IPv4 addresses and prefix lengths. Addresses in host byte order.
#pragma once

#include <cstdint>

namespace network {

// The netmask of a prefix of 0 to 32 bits: 16 -> 255.255.0.0.
std::uint32_t netmask(unsigned prefix);

// The prefix that the class of an address implies (RFC 791): 8, 16 or 24.
unsigned class_prefix(std::uint32_t address);

bool same_network(std::uint32_t a, std::uint32_t b, unsigned prefix);

// Whether one machine can have this address: not 0.x, loopback, multicast or beyond.
bool is_unicast(std::uint32_t address);

// Whether it is neither the network's own address nor its broadcast address.
bool is_host(std::uint32_t address, unsigned prefix);

}  // namespace network
