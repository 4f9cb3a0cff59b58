// A program that a command runs on a set of nodes: one rank per node, each launched, followed and ended by itself.
//
// Flow control, end to end: the command says what it has taken, and a node sends no more than a window beyond that. What
// is under way waits in the command's connection. The windows of all ranks together are bounded, so a stopped terminal
// costs memory that does not grow, and no other job waits for it.
//
// A command that goes takes its job along: the ranks get SIGHUP, then SIGKILL.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/nodemaster/content_store.h"
#include "frontend/nodemaster/credentials.h"
#include "frontend/nodemaster/node_links.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/rank.h"
#include "sys/loop.h"
#include "transport/messages.h"

namespace frontend {

// Where a job's news go: the command that asked for it.
class JobOwner {
 public:
  virtual ~JobOwner() = default;
  virtual void send(const transport::Message& message) = 0;
  // Every rank has had its RunEnd. From the loop, last; the job is gone after it.
  virtual void on_job_over() = 0;
};

// What a node is told to start, but for its rank's numbers.
transport::Launch launch_of(const transport::RunRequest& request, const Credentials& caller);

class Job {
 public:
  static constexpr std::uint32_t credit_of_all = 8u << 20;  // bytes, shared by all streams
  static constexpr std::uint32_t most_credit = 256u << 10;  // of one stream
  static constexpr std::uint32_t least_credit = 4u << 10;
  static constexpr sys::Duration mercy = std::chrono::seconds(5);  // between SIGHUP and SIGKILL

  Job(sys::Loop& loop, const NodeTable& table, NodeLinks& links, std::uint64_t number, transport::RunRequest request,
      Credentials caller, ContentStore::Offer offer, JobOwner& owner, std::function<void()> over);

  // Launches the ranks, at once or when their ghosts are there; those that cannot be launched end at once. `over` is called when all ranks are.
  void start(const std::vector<transport::NodeNumber>& nodes);

  // From nodes. Messages about ranks that are over or do not exist are dropped.
  void on_launched(transport::NodeNumber node, const transport::Launched& launched);
  void on_process_end(transport::NodeNumber node, const transport::ProcessEnd& end);
  void on_process_state(transport::NodeNumber node, const transport::ProcessState& state);
  void on_output(transport::NodeNumber node, transport::StreamOutput output);
  // The rank that ran there, if any: it is over.
  std::optional<std::uint32_t> on_node_lost(transport::NodeNumber node, const std::string& reason);

  // From the command.
  void signal(const transport::RunSignal& signal);
  // Launches the ranks that wait for a pid.
  void on_ghosts(const transport::RunGhosts& ghosts);
  void on_credit(const transport::RunCredit& credit);
  void on_owner_gone();
  void tell_over();

  std::uint64_t number() const { return number_; }
  std::uint32_t uid() const { return caller_.uid; }
  std::vector<transport::NodeNumber> nodes() const;
  // Where a rank runs that has this pid.
  std::optional<transport::NodeNumber> node_of(std::int32_t pid) const;
  bool over() const { return ranks_over_ == ranks_.size(); }

 private:
  Rank* find(transport::NodeNumber node, std::uint32_t rank);
  std::uint32_t index_of(const Rank& rank) const { return static_cast<std::uint32_t>(&rank - ranks_.data()); }
  sys::Status launchable(const Node& node) const;
  void launch(Rank& rank);
  void want_ghost(Rank& rank);
  void end_unstarted(Rank& rank, int code, std::string reason);
  void end_lost(Rank& rank, const std::string& reason);
  void end(Rank& rank, transport::RunEnd message);
  void check_complete(Rank& rank);
  void take(Rank& rank, transport::StreamName name, std::uint64_t position);
  void tell(const transport::Message& message);

  const NodeTable& table_;
  NodeLinks& links_;
  const std::uint64_t number_;
  transport::RunRequest request_;
  const Credentials caller_;
  ContentStore::Offer offer_;
  JobOwner* owner_;  // null once the command is gone
  std::function<void()> over_;
  std::uint32_t credit_ = most_credit;
  std::vector<Rank> ranks_;
  std::map<transport::NodeNumber, std::uint32_t> rank_of_;
  std::size_t ranks_over_ = 0;
  sys::Timer kill_;
};

}  // namespace frontend
