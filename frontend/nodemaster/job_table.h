// All jobs that run, by number, and who gets which node's news about them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/nodemaster/job.h"

namespace frontend {

class JobTable {
 public:
  static constexpr std::size_t max_jobs = 1000;

  // `first_number`: another one after each start of nodemaster, as nodes may still run processes of earlier jobs.
  JobTable(sys::Loop& loop, const NodeTable& table, NodeLinks& links, ContentStore& store, std::uint64_t first_number);

  // Starts the request's program on `nodes`. The job's news go to `owner` until it is over or the owner is gone. Its
  // files are read with the caller's rights.
  sys::Result<Job*> start(transport::RunRequest request, const std::vector<transport::NodeNumber>& nodes,
                          Credentials caller, JobOwner& owner);

  void on_message(transport::NodeNumber node, const transport::Launched& launched);
  void on_message(transport::NodeNumber node, const transport::ProcessEnd& end);
  void on_message(transport::NodeNumber node, const transport::ProcessState& state);
  void on_message(transport::NodeNumber node, transport::StreamOutput output);
  // The ranks that ran there are over; if the node lives on, they are killed when it joins again.
  void on_node_lost(transport::NodeNumber node, const std::string& reason);
  // A node is there (again): what it still runs of ranks that are over is killed.
  void on_node_joined(transport::NodeNumber node);
  std::size_t running() const { return jobs_.size(); }
  // Null: it is over, or never was.
  const Job* job(std::uint64_t number) const;
  std::optional<transport::NodeNumber> node_of(std::int32_t pid) const;

 private:
  Job* find(std::uint64_t number);
  std::uint64_t life_of(transport::NodeNumber node) const;
  void finish(std::uint64_t number);

  sys::Loop& loop_;
  const NodeTable& table_;
  NodeLinks& links_;
  ContentStore& store_;
  std::uint64_t next_number_;
  std::map<std::uint64_t, std::unique_ptr<Job>> jobs_;
  struct Abandoned {
    std::uint64_t boot_id = 0;  // in which life of the node
    std::vector<transport::Signal> signals;
  };
  std::map<transport::NodeNumber, Abandoned> abandoned_;
};

}  // namespace frontend
