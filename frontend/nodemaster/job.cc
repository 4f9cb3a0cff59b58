#include "frontend/nodemaster/job.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "frontend/common/node_state.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::StreamName;

// As on a node.
bool cancels_a_start(int signal) { return signal == SIGKILL || signal == SIGTERM || signal == SIGINT; }

}  // namespace

transport::Launch launch_of(const transport::RunRequest& request, const Credentials& caller) {
  return {.program = request.program,
          .arguments = request.arguments,
          .environment = request.environment,
          .directory = request.directory,
          .directory_required = request.directory_required,
          .uid = caller.uid,
          .gid = caller.gid,
          .groups = caller.groups,
          .umask = request.umask,
          .files = request.files,
          .limits = request.limits,
          .job_limits = request.job_limits};
}

Job::Job(sys::Loop& loop, const NodeTable& table, NodeLinks& links, std::uint64_t number, transport::RunRequest request,
         Credentials caller, ContentStore::Offer offer, JobOwner& owner, std::function<void()> over)
    : table_(table),
      links_(links),
      number_(number),
      request_(std::move(request)),
      caller_(caller),
      offer_(std::move(offer)),
      owner_(&owner),
      over_(std::move(over)),
      kill_(loop) {}

void Job::start(const std::vector<NodeNumber>& nodes) {
  transport::RunStarted started{.job = number_, .nodes = nodes};
  ranks_.resize(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    ranks_[i].node = nodes[i];
    rank_of_.emplace(nodes[i], i);
    started.names.push_back(table_.find(nodes[i])->entry.name);
  }
  const auto streams = static_cast<std::uint32_t>(2 * nodes.size());
  credit_ = std::clamp(credit_of_all / std::max(streams, 1u), least_credit, most_credit);
  started.output_credit = credit_;
  tell(started);
  if (request_.ghosts) return;
  for (Rank& rank : ranks_)
    launch(rank);
}

sys::Status Job::launchable(const Node& node) const {
  if (node.state != transport::NodeState::up) {
    const std::string_view state = state_name(node.state);
    return sys::failure(EHOSTDOWN, sys::cat("node is ", state, node.reason.empty() ? "" : ": ", node.reason));
  }
  const std::string& wanted = request_.architecture;
  if (!wanted.empty() && wanted != node.hello.architecture) {
    return sys::failure(ENOEXEC, sys::cat(request_.program, " is a program for ", wanted, ", the node is ",
                                          sys::printable(node.hello.architecture)));
  }
  return {};
}

void Job::launch(Rank& rank) {
  const Node& node = *table_.find(rank.node);
  if (const auto status = launchable(node); !status)
    return end_unstarted(rank, status.error().code, status.error().what);
  transport::Launch launch = launch_of(request_, caller_);
  launch.job = number_;
  launch.rank = index_of(rank);
  launch.pid = rank.pid;
  launch.output_credit = credit_;
  rank.phase = Rank::Phase::launching;
  const bool sent = links_.send(rank.node, launch);
  if (!sent) end_unstarted(rank, EHOSTDOWN, "node is not connected");
}

Rank* Job::find(NodeNumber node, std::uint32_t rank) {
  const auto found = rank_of_.find(node);
  if (found == rank_of_.end() || found->second != rank) return nullptr;
  return ranks_[rank].phase == Rank::Phase::over ? nullptr : &ranks_[rank];
}

void Job::on_launched(NodeNumber node, const transport::Launched& launched) {
  Rank* rank = find(node, launched.rank);
  if (!rank || rank->phase != Rank::Phase::launching) return;
  if (launched.pid == 0 && launched.code == EADDRINUSE && request_.ghosts && rank->pid != 0) return want_ghost(*rank);
  if (launched.pid == 0) return end_unstarted(*rank, launched.code, sys::printable(launched.reason, 1024));
  rank->phase = Rank::Phase::running;
  rank->pid = launched.pid;
}

void Job::on_process_end(NodeNumber node, const transport::ProcessEnd& end) {
  Rank* rank = find(node, end.rank);
  if (!rank) return;
  rank->process_ended = true;
  rank->ended = end;
  check_complete(*rank);
}

void Job::on_process_state(NodeNumber node, const transport::ProcessState& state) {
  Rank* rank = find(node, state.rank);
  if (rank && rank->phase == Rank::Phase::running) tell(transport::RunState{state.rank, state.status});
}

std::vector<NodeNumber> Job::nodes() const {
  std::vector<NodeNumber> all;
  for (const Rank& rank : ranks_)
    all.push_back(rank.node);
  return all;
}

std::optional<NodeNumber> Job::node_of(std::int32_t pid) const {
  const auto found = std::find_if(ranks_.begin(), ranks_.end(), [pid](const Rank& rank) {
    return rank.phase == Rank::Phase::running && rank.pid == pid;
  });
  return found == ranks_.end() ? std::nullopt : std::optional(found->node);
}

void Job::want_ghost(Rank& rank) {
  rank.phase = Rank::Phase::waiting;
  tell(transport::RunGhostWanted{index_of(rank)});
}

void Job::on_ghosts(const transport::RunGhosts& ghosts) {
  if (ghosts.first >= ranks_.size()) return;
  const std::size_t count = std::min(ghosts.pids.size(), ranks_.size() - ghosts.first);
  for (std::size_t i = 0; i < count; ++i) {
    Rank& rank = ranks_[ghosts.first + i];
    if (!request_.ghosts || rank.phase != Rank::Phase::waiting) continue;
    rank.pid = std::max(ghosts.pids[i], 0);
    launch(rank);
  }
}

void Job::on_output(NodeNumber node, transport::StreamOutput output) {
  Rank* rank = find(node, output.rank);
  if (!rank) return;
  RankStream& stream = rank->stream(output.stream);
  // What is under way to the command is bounded by the window, or the node does not keep to it.
  const std::uint64_t end = output.offset + output.data.size();
  if (end > stream.taken + credit_ || end < output.offset) {
    links_.send(node, transport::Signal{number_, output.rank, SIGKILL});
    return end_lost(*rank, "the node sent more output than it had credit for");
  }
  if (!output.data.empty())
    tell(transport::RunOutput{output.rank, output.stream, output.offset, std::move(output.data)});
  if (!owner_ && end >= stream.taken + credit_ / 4) take(*rank, output.stream, end);
  stream.ended = stream.ended || output.end;
  check_complete(*rank);
}

void Job::on_credit(const transport::RunCredit& credit) {
  if (credit.rank >= ranks_.size() || credit.stream == StreamName::input) return;
  Rank& rank = ranks_[credit.rank];
  if (rank.phase != Rank::Phase::over) take(rank, credit.stream, credit.taken);
}

void Job::take(Rank& rank, StreamName name, std::uint64_t position) {
  RankStream& stream = rank.stream(name);
  if (position <= stream.taken) return;
  stream.taken = position;
  if (!stream.ended) links_.send_bulk(rank.node, transport::StreamCredit{number_, index_of(rank), name, position});
}

void Job::check_complete(Rank& rank) {
  if (rank.phase == Rank::Phase::over || !rank.complete()) return;
  const transport::ProcessEnd& ended = rank.ended;
  end(rank, {.started = true,
             .status = ended.status,
             .user_us = ended.user_us,
             .system_us = ended.system_us,
             .max_rss_kib = ended.max_rss_kib,
             .limits_hit = ended.limits_hit});
}

void Job::end_unstarted(Rank& rank, int code, std::string reason) {
  end(rank, {.started = false, .code = code, .reason = std::move(reason)});
}

void Job::end_lost(Rank& rank, const std::string& reason) {
  end(rank, {.started = rank.phase == Rank::Phase::running, .code = EHOSTDOWN, .reason = reason});
}

void Job::end(Rank& rank, transport::RunEnd message) {
  message.rank = index_of(rank);
  rank.phase = Rank::Phase::over;
  ++ranks_over_;
  tell(message);
  if (over()) over_();
}

void Job::tell_over() {
  if (owner_) owner_->on_job_over();
}

std::optional<std::uint32_t> Job::on_node_lost(NodeNumber node, const std::string& reason) {
  const auto found = rank_of_.find(node);
  if (found == rank_of_.end() || ranks_[found->second].phase == Rank::Phase::over) return std::nullopt;
  const std::uint32_t rank = found->second;
  end_lost(ranks_[rank], sys::cat("node lost: ", reason));
  return rank;
}

void Job::signal(const transport::RunSignal& signal) {
  for (Rank& rank : ranks_) {
    const std::uint32_t index = index_of(rank);
    if (signal.rank != transport::all_ranks && signal.rank != index) continue;
    if (rank.phase == Rank::Phase::over || rank.process_ended) continue;
    if (rank.phase == Rank::Phase::waiting) {
      if (cancels_a_start(signal.signal)) end_unstarted(rank, ECANCELED, "cancelled before it ran");
      continue;
    }
    links_.send(rank.node, transport::Signal{number_, index, signal.signal, signal.group, signal.queued, signal.value});
  }
}

void Job::on_owner_gone() {
  owner_ = nullptr;
  if (over()) return;
  for (Rank& rank : ranks_)
    if (rank.phase == Rank::Phase::waiting) end_unstarted(rank, ECANCELED, "the command has gone");
  if (over()) return;
  signal({SIGHUP});
  kill_.set(mercy, [this] { signal({SIGKILL}); });
}

void Job::tell(const transport::Message& message) {
  if (owner_) owner_->send(message);
}

}  // namespace frontend
