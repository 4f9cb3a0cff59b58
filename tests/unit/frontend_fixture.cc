#include "tests/unit/frontend_fixture.h"

#include <algorithm>

#include "sys/text.h"

namespace fakes {

std::uint32_t ip(const char* text) { return sys::parse_ip(text).value(); }
sys::Mac mac(const char* text) { return sys::parse_mac(text).value(); }

std::vector<frontend::NodeEntry> some_nodes(unsigned count) {
  std::vector<frontend::NodeEntry> nodes;
  for (unsigned i = 0; i < count; ++i) {
    const sys::Mac address = {0x52, 0x54, 0, 9, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    nodes.push_back({i, sys::cat("n", i), address, ip("10.9.1.0") + i, {.mode = 0111}});
  }
  return nodes;
}

namespace {

template <class Wanted> int count_lines(const sys::Log& log, Wanted wanted) {
  int count = 0;
  sys::LogLine line;
  for (auto sequence = log.first(); sequence <= log.last() && log.read(sequence, line); ++sequence)
    count += wanted(line) ? 1 : 0;
  return count;
}

bool has(const sys::LogLine& line, std::string_view text) { return line.text.find(text) != std::string_view::npos; }

}  // namespace

int Kernel::logged(std::string_view text) const {
  return count_lines(log, [&](const sys::LogLine& line) { return has(line, text); });
}

int Kernel::logged(std::string_view text, sys::Severity severity) const {
  return count_lines(log, [&](const sys::LogLine& line) { return line.severity == severity && has(line, text); });
}

Caller::Caller(Kernel& kernel, sys::Result<std::unique_ptr<sys::Stream>> stream,
               std::unique_ptr<transport::Channel> channel)
    : connection_(kernel.loop, std::move(stream.value()), std::move(channel), {.body = transport::max_body}, *this) {
  closed_ = !connection_.start(true);
}

std::unique_ptr<transport::Channel> node_channel(Kernel& kernel, const transport::PinnedKeys& keys) {
  return transport::make_node_channel(
      keys, [&kernel](std::span<std::uint8_t> key) { return kernel.machine.random_key(key); });
}

transport::FrontEndKeys front_end_keys(std::uint8_t seed) {
  transport::FrontEndKeys keys;
  keys.protection = transport::Protection::nk_psk0;
  std::fill(keys.key.bytes().begin(), keys.key.bytes().end(), seed);
  keys.public_key = crypto::public_of(keys.key);
  std::fill(keys.cluster_key.bytes().begin(), keys.cluster_key.bytes().end(), static_cast<std::uint8_t>(seed + 100));
  return keys;
}

transport::PinnedKeys pinned(const transport::FrontEndKeys& keys) {
  return {.protection = keys.protection, .front_end = keys.public_key, .cluster_key = keys.cluster_key};
}

transport::Hello hello_of(unsigned number, std::uint64_t boot_id) {
  const frontend::NodeEntry node = some_nodes(number + 1).back();
  return {.mac = node.mac,
          .interface = "eth0",
          .address = node.address,
          .boot_id = boot_id,
          .program_version = "0.1.0",
          .kernel_release = "6.1.0",
          .architecture = "x86_64",
          .address_requests = 1,
          .uptime_us = 1'000'000};
}

bool RecordedLinks::keep(transport::NodeNumber node, const transport::Message& message) {
  if (std::find(away.begin(), away.end(), node) != away.end()) return false;
  sent.emplace_back(node, message);
  return true;
}

}  // namespace fakes
