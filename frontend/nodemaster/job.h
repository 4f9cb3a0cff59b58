// A program that a command runs on a set of nodes: one rank per node, each launched, followed and ended by itself.
//
//   owned <--- start() by a command that asks for a run
//     |  ^---- claim() by the command that had asked for it --- unclaimed <--- adopt(): a node holds processes of it, which
//     |                                                             |          an earlier nodemaster had launched
//     +--the command goes--> orphaned <--nobody claims it in time---+
//
// A command that goes takes its job along: the ranks get SIGHUP, then SIGKILL. What an unclaimed job says waits for its
// command; its output waits on its nodes.
//
// Flow control, end to end: the command says what it has taken, and a node sends no more than a window beyond that. What
// is under way waits in the command's connection. The windows of all ranks together are bounded, so a stopped terminal
// costs memory that does not grow, and no other job waits for it.
//
// How a rank ended is held by its node until the command has acknowledged it: a nodemaster that is killed in between costs
// nothing. A job is over when all of its ranks are, and all are acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "frontend/nodemaster/content_store.h"
#include "frontend/nodemaster/credentials.h"
#include "frontend/nodemaster/input_fan.h"
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
  // From the loop, last; the job is gone after it.
  virtual void on_job_over() = 0;
};

// What jobs wait for, and for how long.
struct JobPatience {
  sys::Duration contact = std::chrono::seconds(20);  // for a node that has been lost
  sys::Duration claim = std::chrono::seconds(60);    // for the command of a job that was found on nodes
};

struct JobTools {
  sys::Loop& loop;
  const NodeTable& table;
  NodeLinks& links;
  const JobPatience& patience;
};

// What a node is told to start, but for its rank's numbers.
transport::Launch launch_of(const transport::RunRequest& request, const Credentials& caller,
                            transport::NodeNumber node);

class Job {
 public:
  static constexpr std::uint32_t credit_of_all = 8u << 20;  // bytes, shared by all streams
  static constexpr std::uint32_t most_credit = 256u << 10;  // of one stream
  static constexpr std::uint32_t least_credit = 4u << 10;
  static constexpr std::uint32_t largest_piece = 16u << 10;  // what a node may send once more of what has been taken
  static constexpr sys::Duration mercy = std::chrono::seconds(5);  // between SIGHUP and SIGKILL

  // `over` is called once, when the job is.
  Job(const JobTools& tools, std::uint64_t number, transport::RunRequest request, Credentials caller,
      ContentStore::Offer offer, std::function<void()> over);

  // Launches the ranks, at once or when their ghosts are there; those that cannot be launched end at once.
  // `trusted`: its files may take the place of what a node has from elsewhere. `launch_size`: bytes of what each node is
  // sent.
  void start(const std::vector<transport::NodeNumber>& nodes, bool trusted, std::size_t launch_size, JobOwner& owner);
  // A node holds this process of it.
  void adopt(transport::NodeNumber node, const transport::HeldProcess& held);
  // The command is there again. `reported`: nodes that have said what they hold. An error: it is not this job's.
  sys::Status claim(const transport::RunAttach& attach, const std::function<bool(transport::NodeNumber)>& reported,
                    JobOwner& owner);

  // From nodes. Messages about ranks that do not exist, or of other nodes, are dropped.
  void on_launched(transport::NodeNumber node, const transport::Launched& launched);
  void on_process_end(transport::NodeNumber node, const transport::ProcessEnd& end);
  void on_process_state(transport::NodeNumber node, const transport::ProcessState& state);
  void on_processes(transport::NodeNumber node, transport::JobProcesses processes);
  void on_output(transport::NodeNumber node, transport::StreamOutput output);
  void on_input_credit(transport::NodeNumber node, const transport::InputCredit& credit);
  void on_node_lost(transport::NodeNumber node, const std::string& reason);
  // It will not be back.
  void on_node_gone(transport::NodeNumber node, const std::string& reason);
  // `held`: what it holds of this job; null: nothing.
  void on_node_back(transport::NodeNumber node, const transport::HeldProcess* held);

  // From the command.
  void signal(const transport::RunSignal& signal);
  // Launches the ranks that wait for a pid.
  void on_ghosts(const transport::RunGhosts& ghosts);
  void on_credit(const transport::RunCredit& credit);
  void on_ack(const transport::RunAck& ack);
  sys::Status on_input(const transport::RunInput& input) { return input_.on_input(input); }
  void signal_process(const transport::RunProcessSignal& signal);
  // Of the ranks' terminals.
  void resize(const transport::RunResize& resize);
  void on_owner_gone();
  void tell_over();

  std::uint64_t number() const { return number_; }
  std::uint32_t uid() const { return caller_.uid; }
  bool unclaimed() const { return unclaimed_; }
  // Whether that rank is one of its own, and on that node.
  bool has(transport::NodeNumber node, std::uint32_t rank) const;
  std::size_t ranks() const { return ranks_.size(); }
  // Of launches that may still wait in the front end's memory.
  std::size_t unlaunched_bytes() const;
  std::vector<transport::NodeNumber> nodes() const;
  // Those where a rank runs that has this pid.
  void add_nodes_of(std::int32_t pid, std::set<transport::NodeNumber>& nodes) const;

 private:
  void set_nodes(const std::vector<transport::NodeNumber>& nodes);
  std::vector<std::string> names() const;
  Rank* find(transport::NodeNumber node, std::uint32_t rank);
  Rank* find_unfinished(transport::NodeNumber node, std::uint32_t rank);
  std::uint32_t index_of(const Rank& rank) const { return static_cast<std::uint32_t>(&rank - ranks_.data()); }
  sys::Status launchable(const Node& node) const;
  void launch(Rank& rank);
  void want_ghost(Rank& rank);
  void end_unstarted(Rank& rank, int code, std::string reason);
  void end_lost(Rank& rank, const std::string& reason);
  void end(Rank& rank, transport::RunEnd message);
  void acknowledge(Rank& rank);
  void acknowledge_all();
  void check_complete(Rank& rank);
  void check_over();
  void take(Rank& rank, transport::StreamName name, std::uint64_t position);
  void take_unheard(Rank& rank);
  void want_output_again(Rank& rank);
  void send_signal(Rank& rank, const transport::Signal& signal);

  sys::Status check_claim(const transport::RunAttach& attach) const;
  void take_positions(const std::vector<std::uint64_t>& taken);
  void settle(Rank& rank, bool was_over, bool reported);
  void set_away(Rank& rank, const std::string& reason);
  void set_back(Rank& rank);
  void give_up_lost();
  void tell(const transport::Message& message);

  const JobTools tools_;
  const std::uint64_t number_;
  transport::RunRequest request_;
  const Credentials caller_;
  ContentStore::Offer offer_;
  std::function<void()> over_;  // empty once it has been called
  bool trusted_ = false;
  std::size_t launch_size_ = 0;  // bytes; 0: it was not started here
  JobOwner* owner_ = nullptr;
  bool unclaimed_ = false;
  std::vector<transport::Message> untold_;                        // while it is
  std::map<std::uint32_t, transport::InputCredit> untold_input_;  // likewise, by rank
  std::map<std::uint32_t, transport::RunProcesses> untold_processes_;
  std::uint32_t credit_ = most_credit;
  std::vector<Rank> ranks_;
  std::size_t acknowledged_ = 0;
  std::map<transport::NodeNumber, std::uint32_t> rank_of_;
  InputFan input_;
  sys::Timer patience_;  // until somebody claims it; or between SIGHUP and SIGKILL
  sys::Timer contact_;   // until the next node has been away for too long
};

}  // namespace frontend
