// RARP, on both sides of the wire: nobody has proved anything yet.
//
// Input: one byte that chooses who is asked (the front end, which answers, or a node, which looks for its address), then
// packets, each with its size in a byte in front. What has to hold: a packet that is accepted has one form; the front
// end answers requests of its own nodes alone, each once, with the node's own address; a node takes an address that a
// machine can have, once.
#include <optional>

#include "frontend/nodemaster/rarp_responder.h"
#include "network/discovery.h"
#include "network/prefix.h"
#include "network/rarp.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_packets.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace std::chrono_literals;
using fuzz::Input;
using fuzz::require;

constexpr std::size_t packet_size = 28;  // bytes
constexpr unsigned nodes = 4;
constexpr unsigned most_packets = 12;
constexpr std::uint32_t front_end = 0x0a090001, first_address = 0x0a090100;

sys::Mac mac_of(unsigned number) { return {0x52, 0x54, 0, 9, 0, static_cast<std::uint8_t>(number)}; }

std::optional<network::RarpPacket> check_packet(std::span<const std::byte> payload) {
  const auto packet = network::decode_rarp(payload);
  if (!packet) {
    require(!packet.error().text().empty(), "a packet is refused with a reason");
    return std::nullopt;
  }
  const auto again = network::encode(*packet);
  require(again.size() == packet_size && std::equal(again.begin(), again.end(), payload.begin()),
          "a packet has one form");
  return *packet;
}

struct Wire {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  fakes::FakeLinks links{faults};
  fakes::FakePackets packets{loop, faults};
  sys::Log log{clock};

  void arrive(int link, std::span<const std::byte> payload) {
    packets.deliver(link, mac_of(0), payload);
    loop.run_until_idle();
  }
};

// ---------------------------------------------------------------- the front end's side

struct Responder : Wire {
  frontend::NodeTable table{clock, log};
  frontend::UnknownNodes unknown{clock, log, table};
  frontend::RarpResponder rarp{loop, links, packets, log, table, unknown, "eth0", front_end};
  const int link = links.add_ethernet("eth0");

  Responder() {
    std::vector<frontend::NodeEntry> entries;
    for (unsigned i = 0; i < nodes; ++i)
      entries.push_back({i, "n" + std::to_string(i), mac_of(i), first_address + i});
    table.configure(entries);
    rarp.start();
  }

  // Whether one of our nodes asks.
  const frontend::Node* asker(std::span<const std::byte> payload) const {
    const auto packet = check_packet(payload);
    if (!packet || packet->operation != network::RarpOperation::request) return nullptr;
    return table.by_mac(packet->target_mac);
  }
  void check(std::span<const std::byte> payload) {
    packets.sent.clear();
    arrive(link, payload);
    const frontend::Node* const node = asker(payload);
    require(packets.sent.size() == (node != nullptr ? 1u : 0u), "our nodes are answered, once, and nobody else");
    if (node == nullptr) return;
    const auto answer = network::decode_rarp(packets.sent[0].payload).value();
    require(packets.sent[0].to == node->entry.mac && answer.target_mac == node->entry.mac, "the answer is the node's");
    require(answer.target_ip == node->entry.address && answer.sender_ip == front_end &&
                answer.operation == network::RarpOperation::reply,
            "the answer is what the configuration says");
  }
};

void ask_front_end(Input& input) {
  Responder responder;
  for (unsigned i = 0; i < most_packets && !input.empty(); ++i)
    responder.check(input.take(input.byte()));
}

// ---------------------------------------------------------------- a node's side

void answer_node(Input& input) {
  Wire wire;
  std::optional<network::Found> found;
  const int link = wire.links.add_ethernet("eth0");
  network::Discovery discovery(wire.loop, wire.links, wire.packets, wire.log, [] { return std::uint64_t{4}; }, {});
  discovery.start([&](const network::Found& result) {
    require(!found, "an address is found once");
    found = result;
  });
  wire.loop.run_until_idle();
  bool offered = false;
  for (unsigned i = 0; i < most_packets && !input.empty(); ++i) {
    const auto payload = input.take(input.byte());
    const auto packet = check_packet(payload);
    offered = offered || (packet && packet->operation == network::RarpOperation::reply &&
                          packet->target_mac == wire.links.link(link).mac);
    wire.arrive(link, payload);
  }
  wire.loop.advance(2s);
  if (!found) return;
  require(offered, "an address comes from an answer to this node");
  require(network::is_unicast(found->address) && network::is_unicast(found->front_end),
          "a machine can have the address");
  require(found->address != found->front_end, "the front end's address is not the node's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  if (input.flag()) {
    answer_node(input);
  } else {
    ask_front_end(input);
  }
  return 0;
}
