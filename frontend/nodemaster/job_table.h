// All jobs that run, by number, and who gets which node's news about them. The truth about processes is on the nodes: when a
// node joins it says what it holds, and jobs that this nodemaster has never heard of are found so (job.h, unclaimed).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "frontend/nodemaster/job.h"
#include "frontend/nodemaster/job_claims.h"

namespace frontend {

class JobTable {
 public:
  static constexpr std::size_t max_jobs = 1000;
  static constexpr std::size_t max_jobs_of_user = 300;  // but root
  static constexpr std::size_t max_launches_of_user = 256u
                                                      << 20;     // bytes, on their way to nodes; but root's and admins'
  static constexpr std::size_t max_found_ranks = 1u << 18;       // of all unclaimed jobs: those of four with most ranks
  static constexpr std::size_t max_jobs_of_node = max_jobs / 2;  // that are found by what one node says
  static constexpr std::size_t max_ranks_of_node = max_found_ranks / 4;  // likewise
  JobTable(sys::Loop& loop, const NodeTable& table, NodeLinks& links, ContentStore& store, std::uint64_t first_number);

  // Starts the request's program on `nodes`. The job's news go to `owner` until it is over or the owner is gone. Its
  // files are read with the caller's rights; `trusted`: Job::start().
  sys::Result<Job*> start(transport::RunRequest request, const std::vector<transport::NodeNumber>& nodes,
                          Credentials caller, bool trusted, JobOwner& owner);
  // Gives a job back to the command that had asked an earlier nodemaster for it, at once or when a node has named it.
  void attach(JobClaim claim);
  void drop_claim(const JobOwner& owner) { claims_.drop(owner); }
  void set_patience(const JobPatience& patience) { patience_ = patience; }

  void on_message(transport::NodeNumber node, const transport::Launched& launched);
  void on_message(transport::NodeNumber node, const transport::ProcessEnd& end);
  void on_message(transport::NodeNumber node, const transport::ProcessState& state);
  void on_message(transport::NodeNumber node, transport::JobProcesses processes);
  void on_message(transport::NodeNumber node, transport::StreamOutput output);
  void on_message(transport::NodeNumber node, const transport::InputCredit& credit);
  void on_message(transport::NodeNumber node, transport::HeldProcesses held);
  // The ranks that run there are out of contact, and lost if it is not back in time.
  void on_node_lost(transport::NodeNumber node, const std::string& reason);
  // It will not be back.
  void on_node_gone(transport::NodeNumber node, const std::string& reason);
  std::size_t running() const { return jobs_.size(); }
  // Null: it is over, or never was.
  const Job* job(std::uint64_t number) const;
  // Those where a rank runs that has this pid: one, where ranks have ghosts.
  std::set<transport::NodeNumber> nodes_of(std::int32_t pid) const;

 private:
  Job* find(std::uint64_t number);
  Job* find(std::uint64_t number, transport::NodeNumber node, std::uint32_t rank);
  std::size_t count(bool unclaimed) const;
  std::size_t count_of(std::uint32_t uid) const;
  sys::Status check_launches(std::uint32_t uid, std::size_t size, std::size_t ranks) const;
  void end_unwanted(transport::NodeNumber node, const transport::HeldProcess& held);
  std::unique_ptr<Job> make_job(std::uint64_t number, transport::RunRequest request, Credentials caller,
                                ContentStore::Offer offer);
  void on_held(transport::NodeNumber node, const std::vector<transport::HeldProcess>& held);
  void find_job_of(transport::NodeNumber node, const transport::HeldProcess& held);
  bool has_room_for(transport::NodeNumber node, const transport::HeldProcess& held) const;
  void find_job(transport::NodeNumber node, const transport::HeldProcess& held);
  bool is_disputed(transport::NodeNumber node, std::uint64_t job, std::uint32_t rank) const {
    return disputed_.contains({node, job, rank});
  }
  void drop_disputes(transport::NodeNumber node);
  bool is_of_this_life(std::uint64_t number) const { return number >= first_number_ && number < next_number_; }
  void claim(Job& job, const JobClaim& claim);
  void refuse(const JobClaim& claim, sys::Error why);
  void finish(std::uint64_t number);

  sys::Loop& loop_;
  const NodeTable& table_;
  NodeLinks& links_;
  ContentStore& store_;
  const std::uint64_t first_number_;
  std::uint64_t next_number_;
  JobPatience patience_;
  std::map<std::uint64_t, std::unique_ptr<Job>> jobs_;
  JobClaims claims_;
  std::map<transport::NodeNumber, std::vector<transport::HeldProcess>> reports_;  // that have begun
  std::map<transport::NodeNumber, std::vector<transport::InputCredit>>
      early_;                                 // what came before the report, of unknown jobs
  std::set<transport::NodeNumber> reported_;  // nodes that are there and have said what they hold
  // What a node holds for a job that is somebody else's as far as we know, or that there is no room for: nothing is done to
  // it, and it gets nothing.
  std::set<std::tuple<transport::NodeNumber, std::uint64_t, std::uint32_t>> disputed_;
  struct Found {
    std::size_t jobs = 0, ranks = 0;
  };
  std::map<transport::NodeNumber, Found> found_by_;  // what has been found by what that node has said
};

}  // namespace frontend
