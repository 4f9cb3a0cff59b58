// A whole nodemaster on a kernel in memory, in the clear, with one good node in it and room for hostile peers.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/fuzz/allocation.h"
#include "tests/fuzz/invent.h"
#include "tests/unit/frontend_fixture.h"

namespace fuzz {

// A node that does what it is told and answers every ping.
class GoodNode final : private transport::ConnectionHandler {
 public:
  static constexpr unsigned number = 0;
  static constexpr std::uint64_t boot_id = 0x600d'600d'600d'600d;

  explicit GoodNode(fakes::Kernel& kernel);
  bool closed() const { return closed_; }
  std::uint64_t token() const { return token_; }

 private:
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_closed(const sys::Error&) override { closed_ = true; }

  bool closed_ = false;
  std::uint64_t token_ = 0;
  std::unique_ptr<transport::Connection> control_;
};

// The far end of a connection, as bytes.
class Wire {
 public:
  Wire() = default;
  explicit Wire(std::unique_ptr<sys::Stream> stream) : end_(static_cast<fakes::FakeStream*>(stream.release())) {}

  explicit operator bool() const { return end_ != nullptr; }
  void put(std::span<const std::byte> bytes) { end_->put(as_text(bytes)); }
  bool closed() const { return end_->peer_closed(); }
  // The messages that have come since; what is not a whole message yet stays. `skipped`: bytes before the first.
  std::vector<transport::Message> take(std::size_t skipped);

 private:
  std::unique_ptr<fakes::FakeStream> end_;
  transport::Bytes input_;
  std::size_t skipped_ = 0;
};

class Cluster {
 public:
  static constexpr unsigned nodes = 4;
  static constexpr std::uint32_t front_end = 0x0a090001, first_address = 0x0a090100;

  Cluster();

  void turn() { kernel.loop.run_until_idle(); }
  // After a deed; not when nodemaster is kept busy.
  void turn_if_idle() {
    if (!std::exchange(busy_, false)) turn();
  }
  // Time passes. Or nodemaster is busy with something meanwhile: what the next deed sends and what is due by then are all
  // found in one turn.
  void pass(Input& input);
  Wire connect_node(std::uint32_t from);
  Wire connect_command(std::uint32_t uid);
  // The node is up, nodemaster answers a command, and what it says of its nodes makes sense.
  void check();

 private:
  const std::size_t before_ = bytes_in_use();
  bool busy_ = false;

 public:
  fakes::Kernel kernel;
  std::optional<frontend::Daemon> daemon;
  std::optional<GoodNode> good;
};

// Hostile peers of a cluster, which hold several connections. A derived class has a table, `deeds`, of what they do.
class Hostile {
 public:
  static constexpr unsigned most_deeds = 16;

  Hostile(Input& input, std::size_t connections) : input_(input), wires_(connections) {}
  Cluster& cluster() { return cluster_; }

 protected:
  Wire& any() { return wires_[input_.byte() % wires_.size()]; }
  void wait() { cluster_.pass(input_); }
  void leave() { any() = Wire(); }

  Input& input_;
  Cluster cluster_;

 private:
  std::vector<Wire> wires_;
};

// One input: deeds, each chosen by a byte, then what has to hold.
template <class Peers> int play(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Peers peers(input);
  for (unsigned i = 0; i < Hostile::most_deeds && !input.empty(); ++i) {
    (peers.*Peers::deeds[input.byte() % std::size(Peers::deeds)])();
    peers.cluster().turn_if_idle();
  }
  peers.cluster().check();
  return 0;
}

}  // namespace fuzz
