// The hooks of a node that goes: those of node_down.d, for every node that was up, or that hooks of node_up.d have seen.
//
//   away --up, or a hook of node_up.d begins--> known --down--> (its hooks run) --> away
//
// A node whose hooks are still to run when it goes once more gets no further ones: they have not told anybody yet that it
// was there. A node that comes back meanwhile has its hooks of node_up.d run behind them (local_programs.h).
#pragma once

#include <map>
#include <set>
#include <string>

#include "frontend/nodemaster/node_programs.h"
#include "frontend/nodemaster/node_table.h"
#include "sys/files.h"
#include "sys/log.h"

namespace frontend {

class DownHooks {
 public:
  // Watches the table for as long as it lives.
  DownHooks(sys::Log& log, sys::Files& files, NodeTable& table, NodePrograms& programs);
  ~DownHooks() { table_.unwatch(watch_); }
  DownHooks(const DownHooks&) = delete;
  DownHooks& operator=(const DownHooks&) = delete;

  // For nodes that go from now on.
  void configure(const HookSettings& settings) { settings_ = settings; }
  // A hook of node_up.d sees the node.
  void note_greeted(transport::NodeNumber node);
  // Hooks have been told that it has gone, and none since that it is back.
  bool owes_greeting(transport::NodeNumber node) const { return gone_.contains(node); }

 private:
  void on_change(const Node& node);
  void begin(const Node& node);
  void on_ended(transport::NodeNumber node, const std::string& title, const sys::Status& status);

  sys::Log& log_;
  sys::Files& files_;
  NodeTable& table_;
  NodePrograms& programs_;
  HookSettings settings_;
  std::uint64_t watch_ = 0;
  std::set<transport::NodeNumber> known_;
  std::set<transport::NodeNumber> gone_;
  std::map<transport::NodeNumber, std::size_t> left_;  // hooks that have not ended
};

}  // namespace frontend
