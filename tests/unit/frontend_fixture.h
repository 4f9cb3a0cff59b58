// What the tests of nodemaster share: a kernel in memory, nodes and commands that speak to it over real connections, and
// a recorder in place of the connections where those do not matter.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frontend/nodemaster/daemon.h"
#include "sys/stream.h"
#include "tests/fakes/fake_children.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_files.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_machine.h"
#include "tests/fakes/fake_packets.h"
#include "tests/fakes/fake_sockets.h"
#include "tests/fakes/fake_spawner.h"
#include "tests/fakes/fake_workers.h"
#include "tests/fakes/faults.h"
#include "transport/connection.h"
#include "transport/secure_channel.h"

namespace fakes {

std::uint32_t ip(const char* text);
sys::Mac mac(const char* text);

// `count` nodes from n0 on: 52:54:00:09:00:00 and 10.9.1.0 count up. Everybody may start processes there.
std::vector<frontend::NodeEntry> some_nodes(unsigned count);

struct Kernel {
  Faults faults;
  FakeClock clock{faults};
  FakeLoop loop{clock, faults};
  FakeFiles files{faults};
  FakeLinks links{faults};
  FakePackets packets{loop, faults};
  FakeSockets sockets{loop, faults};
  FakeChildren children{faults};
  FakeWorkers workers{loop, faults};
  FakeSpawner spawner{loop, children, faults};
  FakeMachine machine{faults};
  sys::Log log{clock};

  // Lines of the log that contain `text`; of one severity.
  int logged(std::string_view text) const;
  int logged(std::string_view text, sys::Severity severity) const;
};

// The far end of a connection to nodemaster.
class Caller final : public transport::ConnectionHandler {
 public:
  // Without a channel of its own it is a command's.
  Caller(Kernel& kernel, sys::Result<std::unique_ptr<sys::Stream>> stream,
         std::unique_ptr<transport::Channel> channel = transport::make_clear_channel());

  void send(const transport::Message& message, std::uint64_t request = 0) { connection_.send(message, request); }
  void hang_up() { connection_.close("test"); }
  void pause() { connection_.pause(); }
  void resume() { connection_.resume(); }
  bool closed() const { return closed_; }

  // All messages of one type, in order, taken from what has been received.
  template <class T> std::vector<T> take() {
    std::vector<T> taken;
    std::vector<transport::Message> rest;
    for (transport::Message& message : received) {
      if (T* wanted = std::get_if<T>(&message)) {
        taken.push_back(std::move(*wanted));
      } else {
        rest.push_back(std::move(message));
      }
    }
    received = std::move(rest);
    return taken;
  }

  std::vector<transport::Message> received;

 private:
  void on_message(std::uint64_t, transport::Message message) override { received.push_back(std::move(message)); }
  void on_closed(const sys::Error&) override { closed_ = true; }

  bool closed_ = false;
  transport::Connection connection_;
};

// As a node comes that pins `keys`; by default in the clear.
std::unique_ptr<transport::Channel> node_channel(Kernel& kernel, const transport::PinnedKeys& keys = {});

// The keys of a front end, and of the nodes that pin it.
transport::FrontEndKeys front_end_keys(std::uint8_t seed = 1);
transport::PinnedKeys pinned(const transport::FrontEndKeys& keys);

// A Hello as node `number` of some_nodes() says it.
transport::Hello hello_of(unsigned number, std::uint64_t boot_id);

// In place of the connections: what is sent is kept, nodes are connected unless they are in `away`.
class RecordedLinks final : public frontend::NodeLinks {
 public:
  using Sent = std::pair<transport::NodeNumber, transport::Message>;
  bool send(transport::NodeNumber node, const transport::Message& message) override { return keep(node, message); }
  bool ask(transport::NodeNumber node, std::uint64_t, const transport::Message& message) override {
    return keep(node, message);
  }
  bool send_bulk(transport::NodeNumber node, const transport::Message& message) override { return keep(node, message); }
  sys::Status try_send(transport::NodeNumber node, const transport::Message& message) override {
    if (refuses) return sys::failure(refuses, "no");
    if (keep(node, message)) return {};
    return sys::failure(EHOSTDOWN, "node is not connected");
  }

  // All messages of one type to `node`, taken.
  template <class T> std::vector<T> take(transport::NodeNumber node) {
    std::vector<T> taken;
    std::vector<Sent> rest;
    for (Sent& one : sent) {
      if (one.first == node && std::holds_alternative<T>(one.second)) {
        taken.push_back(std::get<T>(one.second));
      } else {
        rest.push_back(std::move(one));
      }
    }
    sent = std::move(rest);
    return taken;
  }

  std::vector<Sent> sent;
  std::vector<transport::NodeNumber> away;
  int refuses = 0;  // try_send(), with this errno

 private:
  bool keep(transport::NodeNumber node, const transport::Message& message);
};

}  // namespace fakes
