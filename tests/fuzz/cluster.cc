#include "tests/fuzz/cluster.h"

#include "tests/fuzz/allocation.h"
#include "transport/codec.h"
#include "transport/frame.h"
#include "transport/secure_channel.h"

namespace fuzz {

using namespace std::chrono_literals;
using namespace transport;

namespace {

constexpr char socket_path[] = "/run/nm/control.sock";
constexpr std::size_t most_kept = 48u << 20;  // bytes that nodemaster may hold when all is said

frontend::Configuration configuration() {
  frontend::Configuration made;
  made.name = "fuzz";
  made.address = Cluster::front_end;
  made.rarp = false;
  made.control_socket = socket_path;
  made.nodes = fakes::some_nodes(Cluster::nodes);
  return made;
}

}  // namespace

// ---------------------------------------------------------------- the good node

GoodNode::GoodNode(fakes::Kernel& kernel) {
  kernel.sockets.set_peer({Cluster::first_address + number, 40000});
  auto stream = kernel.sockets.connect_tcp({Cluster::front_end, default_port}, 0);
  ConnectionHandler& self = *this;
  control_ =
      std::make_unique<Connection>(kernel.loop, std::move(stream.value()),
                                   make_node_channel({}, [&](auto bytes) { return kernel.machine.random_key(bytes); }),
                                   ConnectionLimits{.body = max_body}, self);
  closed_ = !control_->start(true);
  control_->send(fakes::hello_of(number, boot_id));
}

void GoodNode::on_message(std::uint64_t, Message message) {
  if (const auto* ping = std::get_if<Ping>(&message)) control_->send(Pong{.sequence = ping->sequence, .usage = {}});
  if (const auto* setup = std::get_if<Setup>(&message)) control_->send(SetupDone{setup->plan, true, {}});
  if (const auto* welcome = std::get_if<Welcome>(&message)) token_ = welcome->bulk_token;
  if (const auto* launch = std::get_if<Launch>(&message)) {
    control_->send(Launched{.job = launch->job, .rank = launch->rank, .pid = 7, .code = 0, .reason = {}});
    control_->send(ProcessEnd{.job = launch->job, .rank = launch->rank});
  }
}

// ---------------------------------------------------------------- a peer as bytes

std::vector<Message> Wire::take(std::size_t skipped) {
  for (const std::byte byte : end_->take()) {
    if (skipped_ < skipped) {
      ++skipped_;
    } else {
      input_.push_back(byte);
    }
  }
  std::vector<Message> messages;
  std::size_t at = 0;
  while (true) {
    const auto left = std::span(input_).subspan(at);
    const auto header = read_header(left, max_body);
    require(header.has_value(), "what nodemaster says is well-formed");
    if (!*header || left.size() < FrameHeader::size + (*header)->body_size) break;
    auto message = decode((*header)->number, left.subspan(FrameHeader::size, (*header)->body_size));
    require(message.has_value(), "what nodemaster says is a message");
    messages.push_back(std::move(*message));
    at += FrameHeader::size + (*header)->body_size;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(at));
  return messages;
}

// ---------------------------------------------------------------- the cluster

Cluster::Cluster() {
  daemon.emplace(
      frontend::MasterSystem{kernel.loop, kernel.log, kernel.files, kernel.links, kernel.packets, kernel.sockets,
                             kernel.children, kernel.workers, kernel.spawner, kernel.machine},
      configuration(), "/etc/cluster.toml");
  require(daemon->start().has_value(), "nodemaster starts");
  good.emplace(kernel);
  turn();
}

void Cluster::pass(Input& input) {
  constexpr sys::Duration times[] = {1ms, 1s, 4s, 11s, 61s};
  constexpr sys::Duration short_times[] = {1ms, 1s, 3s, 10s};  // nodes are not lost by them
  const std::uint8_t choice = input.byte();
  if (choice < 0x80 || busy_) return kernel.loop.advance(times[choice % std::size(times)]);
  turn();
  kernel.clock.advance(short_times[choice % std::size(short_times)]);
  busy_ = true;
}

Wire Cluster::connect_node(std::uint32_t from) {
  kernel.sockets.set_peer({from, 40001});
  return Wire(std::move(kernel.sockets.connect_tcp({front_end, default_port}, 0).value()));
}

Wire Cluster::connect_command(std::uint32_t uid) {
  kernel.sockets.set_process({.uid = uid});
  return Wire(std::move(kernel.sockets.connect_unix(socket_path).value()));
}

void Cluster::check() {
  kernel.faults.calls.clear();
  require(bytes_in_use() - before_ < most_kept, "what nodemaster keeps is bounded");
  turn();
  require(!good->closed(), "a good node stays connected");
  Wire command = connect_command(0);
  command.put(frame_of(StatusRequest{"all"}, 1));
  turn();
  const auto said = command.take(0);
  require(said.size() == 1 && std::holds_alternative<StatusReply>(said[0]), "nodemaster answers a command");
  const auto& status = std::get<StatusReply>(said[0]).nodes;
  require(status.size() == nodes, "every node has a state");
  for (unsigned i = 0; i < nodes; ++i) {
    require(status[i].node == i, "nodes are in order");
    require((status[i].state == NodeState::down) == status[i].channel.empty(), "a node is down or connected");
  }
  require(status[GoodNode::number].state == NodeState::up, "a good node stays up");
}

}  // namespace fuzz
