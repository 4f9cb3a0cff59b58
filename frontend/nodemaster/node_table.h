// The nodes by number: who they are by configuration, and what is known of each. All changes of state go through
// set_state(), which logs them and tells the watchers.
//
//            Hello               plan and hooks done
//     down ---------> boot ------------------------> up
//      ^               |  \ a step or hook failed     |
//      |               |   +---------> error          |
//      +---------------+------ connection lost -------+
//
// A node that an operator has set unavailable is in the state `unavailable` whenever it would be up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/common/node_set.h"
#include "frontend/nodemaster/configuration.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "transport/messages.h"

namespace frontend {

struct Node {
  NodeEntry entry;
  transport::NodeState state = transport::NodeState::down;
  std::string reason;
  sys::WallTime since;
  std::uint64_t boot_us = 0;    // nodeinit's first instruction to up; 0: was not up in this life
  std::uint64_t set_up_in = 0;  // boot_id of the life in which the plan succeeded
  transport::Hello hello;       // of the latest life; boot_id 0: never seen
  sys::Instant hello_at;        // when it came
  NodeRights rights;            // as they are now
  bool available = true;        // false: set so by an operator; up is `unavailable` then
  std::string channel;          // how its connection is protected; empty: it has none
  transport::SelfUsage usage;
  std::vector<transport::BootEntry> record;  // the node's own boot record
  std::vector<transport::BootEntry> here;  // what the front end knows of its last set-up: hooks, problems, later steps
};

// As nodectl is told.
transport::NodeStatus status_of(const Node& node);
// Up, or would be if nobody had set it unavailable: its plan and hooks are done.
bool is_set_up(transport::NodeState state);
// Whether the node's own boot record has ended: it has been up in this life.
bool record_is_closed(const Node& node);
// Now, in microseconds since the node's first instruction.
std::uint64_t node_uptime_us(const Node& node, sys::Instant now);

class NodeTable final : public NodeDirectory {
 public:
  using Watcher = std::function<void(const Node& node, transport::NodeState before)>;
  static constexpr std::size_t max_record = 1024;  // boot entries per node

  NodeTable(sys::Clock& clock, sys::Log& log) : clock_(clock), log_(log) {}

  // Takes over a new configuration; what is known of nodes that stay is kept, but for their rights. Returns the nodes that are gone or
  // have another MAC now.
  std::vector<transport::NodeNumber> configure(const std::vector<NodeEntry>& entries);

  const Node* find(transport::NodeNumber number) const;
  const Node* by_mac(const sys::Mac& mac) const;
  const Node* by_address(std::uint32_t address) const;  // as configured
  // A number and an address that no node has, for a new one.
  NodeEntry next_free() const;

  void set_state(transport::NodeNumber number, transport::NodeState state, std::string_view reason);
  // The state stays, its reason is a new one: progress.
  void set_reason(transport::NodeNumber number, std::string_view reason);
  // A node has joined. In a new life what the old one left is forgotten.
  void set_hello(transport::NodeNumber number, const transport::Hello& hello);
  void set_rights(transport::NodeNumber number, const NodeRights& rights);
  void set_available(transport::NodeNumber number, bool available);
  void set_channel(transport::NodeNumber number, std::string_view channel);
  void set_usage(transport::NodeNumber number, const transport::SelfUsage& usage);
  void add_record(transport::NodeNumber number, const transport::BootRecord& news);
  void add_here(transport::NodeNumber number, transport::BootEntry entry);
  // The plan is carried out, perhaps not for the first time: the node is not set up until set_up_done().
  void set_up_begun(transport::NodeNumber number);
  // The plan has succeeded in the node's present life: state up. `remark`: what of it is worth knowing.
  void set_up_done(transport::NodeNumber number, std::string_view remark = {});

  std::vector<transport::NodeNumber> numbers() const override;
  std::optional<transport::NodeState> state_of(transport::NodeNumber number) const override;
  std::optional<transport::NodeNumber> named(std::string_view name) const override;

  // `watcher` is called after each change of state, until unwatch(). It may unwatch. A node that has left the
  // configuration is told once more, as down, when find() does not know it any more.
  std::uint64_t watch(Watcher watcher);
  void unwatch(std::uint64_t id) { watchers_.erase(id); }

 private:
  Node* get(transport::NodeNumber number);
  void index();
  void tell_of_departure(Node& node);
  void tell(const Node& node, transport::NodeState before);

  sys::Clock& clock_;
  sys::Log& log_;
  std::map<transport::NodeNumber, Node> nodes_;
  std::map<sys::Mac, transport::NodeNumber> macs_;
  std::map<std::uint32_t, transport::NodeNumber> addresses_;
  std::map<std::string, transport::NodeNumber, std::less<>> names_;
  std::map<std::uint64_t, Watcher> watchers_;
  std::uint64_t next_watcher_ = 1;
};

}  // namespace frontend
