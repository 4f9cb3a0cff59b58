// A network in memory: who connects to where somebody listens is in the listener's queue at once; elsewhere the
// connection is refused, a turn of the loop later.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sys/stream.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_stream.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeSockets final : public sys::Sockets {
 public:
  FakeSockets(FakeLoop& loop, Faults& faults) : loop_(loop), faults_(faults) {}

  sys::Result<std::unique_ptr<sys::Stream>> connect_tcp(sys::TcpAddress to, unsigned silence_ms) override;
  sys::Result<std::unique_ptr<sys::Listener>> listen_tcp(sys::TcpAddress at, unsigned silence_ms) override;
  // At once: by make_silent() and by who listens.
  sys::Status probe_tcp(sys::TcpAddress at, sys::Duration limit) override;
  sys::Result<std::unique_ptr<sys::Stream>> connect_unix(const std::string& path) override;
  sys::Result<std::unique_ptr<sys::Listener>> listen_unix(const std::string& path, std::uint32_t mode) override;

  // From now on connections to this address neither succeed nor fail: its machine is off.
  void make_silent(sys::TcpAddress address) { silent_.insert(sys::format_address(address)); }
  // Who connects from now on: listeners tell.
  void set_peer(sys::TcpAddress address) { peer_ = address; }
  struct Process {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups = {};
    std::int32_t pid = 1;
  };
  void set_process(Process process) { process_ = std::move(process); }

 private:
  using Queue = std::deque<sys::Listener::Accepted>;
  class QueueListener;

  sys::Result<std::unique_ptr<sys::Listener>> listen(const std::string& place);
  // Nobody listens there, or did and is gone: null.
  std::shared_ptr<Queue> listener_at(const std::string& place);
  void enqueue(Queue& queue, std::unique_ptr<FakeStream> stream) const;

  FakeLoop& loop_;
  Faults& faults_;
  std::map<std::string, std::weak_ptr<Queue>> listeners_;  // "10.9.0.1:2223" or a path
  std::set<std::string> silent_;
  std::vector<std::unique_ptr<FakeStream>> unanswered_;  // the far ends of what waits for a silent machine
  sys::TcpAddress peer_{0x7f000001, 40000};
  Process process_;
};

}  // namespace fakes
