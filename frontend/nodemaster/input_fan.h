// Standard input of a job: what the command reads goes to one rank or to all of them.
//
// A rank that has started says from where on it wants its input (InputCredit::again), and says so once more whenever its
// node has a new connection. Until the slowest reader has taken them, bytes are kept here, at most a window of them: so a
// rank that starts later gets them as well, and the command is told of what all have taken. A rank that is over, or has
// closed its input, does not count any more; when nobody reads any more the command may stop.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "frontend/common/kept_bytes.h"
#include "frontend/nodemaster/node_links.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

class InputFan {
 public:
  using Tell = std::function<void(const transport::RunInputCredit&)>;

  InputFan(NodeLinks& links, std::uint64_t job, Tell tell) : links_(links), job_(job), tell_(std::move(tell)) {}

  // Before anything else. nodes[rank]; `readers`: RunRequest::input.
  void begin(const std::vector<transport::NodeNumber>& nodes, std::uint32_t readers);
  bool feeds(std::uint32_t rank) const { return rank < readers_.size() && readers_[rank].counts; }

  // From the command. The error: it does not keep to the window, or leaves something out.
  sys::Status on_input(const transport::RunInput& input);
  // From the rank's node.
  void on_credit(const transport::InputCredit& credit);
  void on_over(std::uint32_t rank);

 private:
  struct Reader {
    transport::NodeNumber node = transport::no_node;
    bool counts = false;  // gets input, and still reads
    bool ready = false;   // has said from where on
    std::uint64_t taken = 0;
  };

  void advance(Reader& reader, std::uint64_t taken);
  void leave(std::uint64_t taken);
  void send(std::uint32_t rank, std::uint64_t from);

  NodeLinks& links_;
  const std::uint64_t job_;
  Tell tell_;
  std::vector<Reader> readers_;  // by rank
  std::size_t counting_ = 0;
  std::size_t slowest_ = 0;  // how many of them have taken just slowest_taken_
  std::uint64_t slowest_taken_ = 0;
  std::uint64_t told_ = 0;
  KeptBytes kept_;
  bool begun_ = false;  // something has come
  bool end_ = false;    // all has come
};

}  // namespace frontend
