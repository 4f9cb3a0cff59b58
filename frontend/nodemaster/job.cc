#include "frontend/nodemaster/job.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "frontend/common/node_state.h"
#include "sys/children.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::StreamName;

constexpr int goes_on = 0xffff;                                   // wait(2)
constexpr std::uint64_t longest_stream = std::uint64_t{1} << 62;  // bytes

// As on a node.
bool cancels_a_start(int signal) { return signal == SIGKILL || signal == SIGTERM || signal == SIGINT; }

}  // namespace

transport::Launch launch_of(const transport::RunRequest& request, const Credentials& caller, NodeNumber node) {
  transport::Launch launch{.program = request.program,
                           .arguments = request.arguments,
                           .environment = request.environment,
                           .directory = request.directory,
                           .directory_required = request.directory_required,
                           .uid = caller.uid,
                           .gid = caller.gid,
                           .groups = caller.groups,
                           .umask = request.umask,
                           .files = request.files,
                           .terminal = request.terminal,
                           .window = request.window,
                           .limits = request.limits,
                           .job_limits = request.job_limits,
                           .ignored = request.ignored,
                           .follow = request.ghosts};
  launch.environment.push_back(sys::cat("NODEINIT_NODE=", node));
  return launch;
}

Job::Job(const JobTools& tools, std::uint64_t number, transport::RunRequest request, Credentials caller,
         ContentStore::Offer offer, std::function<void()> over)
    : tools_(tools),
      number_(number),
      request_(std::move(request)),
      caller_(std::move(caller)),
      offer_(std::move(offer)),
      over_(std::move(over)),
      input_(tools.links, number, [this](const transport::RunInputCredit& credit) { tell(credit); }),
      patience_(tools.loop),
      contact_(tools.loop) {}

void Job::start(const std::vector<NodeNumber>& nodes, bool trusted, std::size_t launch_size, JobOwner& owner) {
  trusted_ = trusted;
  launch_size_ = launch_size;
  owner_ = &owner;
  set_nodes(nodes);
  input_.begin(nodes, request_.input);
  tell(transport::RunStarted{number_, nodes, names(), credit_});
  if (request_.ghosts) return;
  for (Rank& rank : ranks_)
    launch(rank);
}

std::vector<std::string> Job::names() const {
  std::vector<std::string> all;
  for (const Rank& rank : ranks_) {
    const Node* const node = tools_.table.find(rank.node);
    all.push_back(node ? node->entry.name : sys::cat(rank.node));
  }
  return all;
}

void Job::set_nodes(const std::vector<NodeNumber>& nodes) {
  ranks_.resize(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    ranks_[i].node = nodes[i];
    rank_of_.emplace(nodes[i], i);
  }
  const auto streams = static_cast<std::uint32_t>(2 * nodes.size());
  credit_ = std::clamp(credit_of_all / std::max(streams, 1u), least_credit, most_credit);
}

sys::Status Job::launchable(const Node& node) const {
  const bool roots = node.state == transport::NodeState::unavailable && caller_.uid == 0;
  if (node.state != transport::NodeState::up && !roots) {
    const std::string_view state = state_name(node.state);
    return sys::failure(EHOSTDOWN, sys::cat("node is ", state, node.reason.empty() ? "" : ": ", node.reason));
  }
  if (auto allowed = check_start(node.rights, caller_); !allowed) return allowed;
  const std::string& wanted = request_.architecture;
  if (!wanted.empty() && wanted != node.hello.architecture) {
    return sys::failure(ENOEXEC, sys::cat(request_.program, " is a program for ", wanted, ", the node is ",
                                          sys::printable(node.hello.architecture)));
  }
  return {};
}

void Job::launch(Rank& rank) {
  const Node* const node = tools_.table.find(rank.node);
  if (!node) return end_unstarted(rank, EHOSTDOWN, "node is no more in the configuration");
  if (const auto status = launchable(*node); !status)
    return end_unstarted(rank, status.error().code, status.error().what);
  transport::Launch launch = launch_of(request_, caller_, rank.node);
  launch.job = number_;
  launch.rank = index_of(rank);
  launch.pid = rank.pid;
  launch.output_credit = credit_;
  launch.input = input_.feeds(launch.rank);
  launch.may_replace = trusted_;
  offer_.extend_to(rank.node);
  rank.phase = Rank::Phase::launching;
  const auto sent = tools_.links.try_send(rank.node, launch);
  rank.sent = sent.has_value();
  if (!sent) end_unstarted(rank, sent.error().code, sent.error().what);
}

Rank* Job::find(NodeNumber node, std::uint32_t rank) {
  const auto found = rank_of_.find(node);
  return found == rank_of_.end() || found->second != rank || rank >= ranks_.size() ? nullptr : &ranks_[rank];
}

std::size_t Job::unlaunched_bytes() const {
  const auto count = std::count_if(ranks_.begin(), ranks_.end(), [](const Rank& rank) {
    return rank.phase == Rank::Phase::waiting || rank.phase == Rank::Phase::launching;
  });
  return launch_size_ * static_cast<std::size_t>(count);
}

bool Job::has(NodeNumber node, std::uint32_t rank) const {
  const auto found = rank_of_.find(node);
  return found != rank_of_.end() && found->second == rank;
}

Rank* Job::find_unfinished(NodeNumber node, std::uint32_t rank) {
  Rank* const found = find(node, rank);
  return found && found->on_node() ? found : nullptr;
}

// ---------------------------------------------------------------- news of nodes

void Job::on_launched(NodeNumber node, const transport::Launched& launched) {
  Rank* const rank = find(node, launched.rank);
  if (rank && rank->acknowledged) return acknowledge(*rank);
  // It has tried an earlier pid, and has not heard that it may forget that.
  if (rank && rank->phase == Rank::Phase::waiting && launched.pid == 0)
    return void(tools_.links.send(node, transport::Forget{number_, launched.rank}));
  if (!rank || !rank->on_node()) return;
  if (launched.pid == 0 && launched.code == EADDRINUSE && request_.ghosts && rank->pid != 0) return want_ghost(*rank);
  if (launched.pid == 0) return end_unstarted(*rank, launched.code, sys::printable(launched.reason, 1024));
  const bool began = std::exchange(rank->phase, Rank::Phase::running) == Rank::Phase::launching;
  rank->pid = launched.pid;
  if (began && !request_.ghosts && !unclaimed_) tell(transport::RunLaunched{launched.rank, launched.pid});
  if (began && !launched.reason.empty())
    tell(transport::RunNotice{launched.rank, sys::printable(launched.reason, 1024)});
}

void Job::on_process_end(NodeNumber node, const transport::ProcessEnd& end) {
  Rank* const rank = find(node, end.rank);
  if (rank && rank->acknowledged) return acknowledge(*rank);
  if (!rank || !rank->on_node()) return;
  rank->process_ended = true;
  rank->ended = end;
  check_complete(*rank);
}

void Job::on_process_state(NodeNumber node, const transport::ProcessState& state) {
  Rank* const rank = find_unfinished(node, state.rank);
  if (!rank || rank->phase != Rank::Phase::running) return;
  rank->stopped = sys::is_stop(state.status) ? state.status : 0;
  if (!unclaimed_) tell(transport::RunState{state.rank, state.status});
}

void Job::on_processes(NodeNumber node, transport::JobProcesses processes) {
  if (!find_unfinished(node, processes.rank)) return;
  transport::RunProcesses news{processes.rank, processes.more, std::move(processes.processes)};
  if (!unclaimed_) return tell(news);
  untold_processes_.insert_or_assign(news.rank, std::move(news));
}

std::vector<NodeNumber> Job::nodes() const {
  std::vector<NodeNumber> all;
  for (const Rank& rank : ranks_)
    all.push_back(rank.node);
  return all;
}

void Job::add_nodes_of(std::int32_t pid, std::set<NodeNumber>& nodes) const {
  for (const Rank& rank : ranks_)
    if (rank.phase == Rank::Phase::running && rank.pid == pid) nodes.insert(rank.node);
}

// The node forgets that it has tried, and another pid is tried.
void Job::want_ghost(Rank& rank) {
  tools_.links.send(rank.node, transport::Forget{number_, index_of(rank)});
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
  Rank* const rank = find(node, output.rank);
  if (!rank) return;
  RankStream& stream = rank->stream(output.stream);
  const std::uint64_t end = output.offset + output.data.size();
  // Nobody wants it any more, and its process is not to wait for that.
  if (!rank->on_node())
    return void(tools_.links.send_bulk(node, transport::StreamCredit{number_, output.rank, output.stream, end}));
  if (unclaimed_) return;  // it waits on its node until there is somebody to take it
  if (!std::exchange(stream.known, true)) stream.received = stream.taken = output.offset;
  // What is under way to the command is bounded by the window, or the node does not keep to it.
  if (end > stream.taken + credit_ || end < output.offset) {
    send_signal(*rank, {number_, output.rank, SIGKILL});
    return end_lost(*rank, "the node sent more output than it had credit for");
  }
  // It comes once more: that it had been taken was lost on its way, too.
  if (output.offset < stream.taken && !output.data.empty())
    tools_.links.send_bulk(node, transport::StreamCredit{number_, output.rank, output.stream, stream.taken});
  if (end > stream.received) {
    // Of what comes once more, the beginning may have been passed on.
    const std::uint64_t known = std::max(stream.received, output.offset) - output.offset;
    output.data.erase(output.data.begin(), output.data.begin() + static_cast<std::ptrdiff_t>(known));
    tell(transport::RunOutput{output.rank, output.stream, output.offset + known, std::move(output.data)});
    stream.received = end;
  }
  // The window is the one that an earlier nodemaster has given, maybe: it may be small.
  if (!owner_) take(*rank, output.stream, stream.received);
  stream.ended = stream.ended || output.end;
  check_complete(*rank);
}

void Job::on_input_credit(NodeNumber node, const transport::InputCredit& credit) {
  if (!find(node, credit.rank)) return;
  if (!unclaimed_) return input_.on_credit(credit);
  // The newest says it all, but that input is wanted from there on.
  transport::InputCredit& kept = untold_input_[credit.rank];
  const bool again = kept.again || credit.again;
  kept = credit;
  kept.again = again;
}

void Job::on_credit(const transport::RunCredit& credit) {
  if (credit.rank >= ranks_.size() || credit.stream == StreamName::input) return;
  Rank& rank = ranks_[credit.rank];
  if (rank.phase != Rank::Phase::over) take(rank, credit.stream, credit.taken);
}

void Job::take(Rank& rank, StreamName name, std::uint64_t position) {
  RankStream& stream = rank.stream(name);
  position = std::min(position, stream.received);
  if (position <= stream.taken) return;
  stream.taken = position;
  if (stream.ended) return;
  tools_.links.send_bulk(rank.node, transport::StreamCredit{number_, index_of(rank), name, position});
}

// What nobody will take is taken, so that the process can come to its end.
void Job::take_unheard(Rank& rank) {
  for (const StreamName name : {StreamName::output, StreamName::error})
    take(rank, name, rank.stream(name).received);
}

// ---------------------------------------------------------------- the ends of ranks

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
  rank.away = false;
  input_.on_over(message.rank);
  tell(message);
  if (!owner_ && !unclaimed_) acknowledge(rank);
  check_over();
}

void Job::acknowledge(Rank& rank) {
  if (!std::exchange(rank.acknowledged, true)) ++acknowledged_;
  if (rank.sent) tools_.links.send(rank.node, transport::Forget{number_, index_of(rank)});
}

void Job::acknowledge_all() {
  for (Rank& rank : ranks_)
    if (rank.phase == Rank::Phase::over && !rank.acknowledged) acknowledge(rank);
}

void Job::on_ack(const transport::RunAck& ack) {
  for (const std::uint32_t index : ack.ranks) {
    if (index >= ranks_.size()) continue;
    Rank& rank = ranks_[index];
    if (rank.phase == Rank::Phase::over && !rank.acknowledged) acknowledge(rank);
  }
  check_over();
}

void Job::check_over() {
  if (unclaimed_ || acknowledged_ < ranks_.size()) return;
  if (const auto over = std::exchange(over_, nullptr)) over();
}

void Job::tell_over() {
  if (owner_) owner_->on_job_over();
}

// ---------------------------------------------------------------- nodes that go and come back

void Job::on_node_lost(NodeNumber node, const std::string& reason) {
  const auto found = rank_of_.find(node);
  if (found != rank_of_.end() && ranks_[found->second].on_node()) set_away(ranks_[found->second], reason);
}

void Job::on_node_gone(NodeNumber node, const std::string& reason) {
  const auto found = rank_of_.find(node);
  if (found == rank_of_.end() || ranks_[found->second].phase == Rank::Phase::over) return;
  end_lost(ranks_[found->second], sys::cat("node lost: ", reason));
}

void Job::on_node_back(NodeNumber node, const transport::HeldProcess* held) {
  const auto found = rank_of_.find(node);
  if (found == rank_of_.end()) return;
  Rank& rank = ranks_[found->second];
  const bool holds = held && held->rank == found->second;
  if (rank.phase == Rank::Phase::over) {
    // It was given up. How it ends will be forgotten.
    if (holds && held->state != transport::HeldState::over) send_signal(rank, {number_, held->rank, SIGKILL});
    return;
  }
  if (!rank.away) return;  // it was launched since
  if (!holds) return end_lost(rank, sys::cat("node lost: ", rank.away_reason, "; it is back without the process"));
  if (held->state == transport::HeldState::running) rank.phase = Rank::Phase::running;
  // Should it still stand, the node says so next.
  if (std::exchange(rank.stopped, 0) != 0 && !unclaimed_) tell(transport::RunState{held->rank, goes_on});
  set_back(rank);
}

void Job::set_away(Rank& rank, const std::string& reason) {
  if (rank.away) return;
  rank.away = true;
  rank.away_reason = reason;
  rank.away_until = tools_.loop.clock().now() + tools_.patience.contact;
  if (!unclaimed_) tell(transport::RunContact{index_of(rank), true, reason});
  if (!contact_.pending()) contact_.set(tools_.patience.contact, [this] { give_up_lost(); });
}

void Job::set_back(Rank& rank) {
  rank.away = false;
  if (!unclaimed_) tell(transport::RunContact{index_of(rank), false, {}});
  for (const transport::Signal& signal : std::exchange(rank.pending, {}))
    send_signal(rank, signal);
  // What was sent to end it may have been lost with the connection.
  const bool condemned = !owner_ && !unclaimed_ && !patience_.pending();
  if (condemned) send_signal(rank, {number_, index_of(rank), SIGKILL});
}

void Job::give_up_lost() {
  const sys::Instant now = tools_.loop.clock().now();
  sys::Instant next = sys::Instant::max();
  for (Rank& rank : ranks_) {
    if (rank.away && rank.away_until <= now) end_lost(rank, sys::cat("node lost: ", rank.away_reason));
    if (rank.away) next = std::min(next, rank.away_until);
  }
  if (next != sys::Instant::max()) contact_.set(next - now, [this] { give_up_lost(); });
}

// ---------------------------------------------------------------- the command

void Job::signal(const transport::RunSignal& signal) {
  for (Rank& rank : ranks_) {
    const std::uint32_t index = index_of(rank);
    if (signal.rank != transport::all_ranks && signal.rank != index) continue;
    if (rank.phase == Rank::Phase::over || rank.process_ended) continue;
    if (rank.phase == Rank::Phase::waiting) {
      if (cancels_a_start(signal.signal)) end_unstarted(rank, ECANCELED, "cancelled before it ran");
      continue;
    }
    send_signal(rank, {number_, index, signal.signal, signal.group, signal.queued, signal.value});
  }
}

void Job::send_signal(Rank& rank, const transport::Signal& signal) {
  if (!rank.away) {
    tools_.links.send(rank.node, signal);
  } else if (rank.pending.size() < Rank::max_pending) {
    rank.pending.push_back(signal);
  }
}

void Job::signal_process(const transport::RunProcessSignal& signal) {
  if (signal.rank >= ranks_.size() || !ranks_[signal.rank].on_node()) return;
  tools_.links.send(ranks_[signal.rank].node, transport::KillProcess{signal.pid, signal.signal, caller_.uid});
}

void Job::resize(const transport::RunResize& resize) {
  request_.window = resize.window;
  // What has no terminal passes over it: of a job that was found on nodes it is not known here.
  for (const Rank& rank : ranks_)
    if (rank.on_node()) tools_.links.send(rank.node, transport::Resize{number_, index_of(rank), resize.window});
}

void Job::on_owner_gone() {
  owner_ = nullptr;
  acknowledge_all();
  for (Rank& rank : ranks_) {
    if (rank.phase == Rank::Phase::waiting) end_unstarted(rank, ECANCELED, "the command has gone");
    if (rank.on_node()) take_unheard(rank);
  }
  check_over();
  if (!over_) return;
  signal({SIGHUP});
  patience_.set(mercy, [this] { signal({SIGKILL}); });
}

// ---------------------------------------------------------------- a job of an earlier nodemaster

void Job::adopt(NodeNumber node, const transport::HeldProcess& held) {
  if (!unclaimed_) {
    unclaimed_ = true;
    credit_ = most_credit + largest_piece;  // until it is known how many ranks share
    patience_.set(tools_.patience.claim, [this] {
      unclaimed_ = false;
      untold_ = {};
      untold_input_ = {};
      untold_processes_ = {};
      on_owner_gone();
      for (Rank& rank : ranks_)
        want_output_again(rank);
    });
  }
  if (held.rank >= ranks_.size()) ranks_.resize(held.rank + 1);
  Rank& rank = ranks_[held.rank];
  if (rank.node != transport::no_node || rank_of_.contains(node)) return;
  rank.node = node;
  rank.pid = held.pid;
  rank.sent = true;
  for (RankStream& stream : rank.streams)
    stream.known = false;
  rank.phase = held.state == transport::HeldState::starting ? Rank::Phase::launching : Rank::Phase::running;
  rank_of_.emplace(node, held.rank);
}

sys::Status Job::check_claim(const transport::RunAttach& attach) const {
  if (!unclaimed_) return sys::refusal(sys::cat("job ", number_, " has its command already"));
  bool fits = attach.nodes.size() >= ranks_.size();
  for (std::size_t i = 0; fits && i < ranks_.size(); ++i)
    fits = ranks_[i].node == transport::no_node || ranks_[i].node == attach.nodes[i];
  if (!fits) return sys::refusal(sys::cat("job ", number_, " runs on other nodes"));
  if (attach.taken.size() != 2 * attach.nodes.size() ||
      std::any_of(attach.taken.begin(), attach.taken.end(), [](std::uint64_t taken) { return taken > longest_stream; }))
    return sys::refusal("the command does not say how far it has read");
  return {};
}

sys::Status Job::claim(const transport::RunAttach& attach, const std::function<bool(NodeNumber)>& reported,
                       JobOwner& owner) {
  if (auto status = check_claim(attach); !status) return status;
  unclaimed_ = false;
  patience_.cancel();
  owner_ = &owner;
  set_nodes(attach.nodes);
  tell(transport::RunStarted{number_, attach.nodes, names(), credit_});
  take_positions(attach.taken);
  input_.begin(attach.nodes, attach.input);
  for (const transport::Message& message : std::exchange(untold_, {}))
    tell(message);
  for (const auto& [rank, credit] : std::exchange(untold_input_, {}))
    input_.on_credit(credit);
  for (const auto& [rank, processes] : std::exchange(untold_processes_, {}))
    tell(processes);
  std::vector<bool> was_over(ranks_.size());
  for (const std::uint32_t index : attach.over)
    if (index < ranks_.size()) was_over[index] = true;
  for (Rank& rank : ranks_)
    settle(rank, was_over[index_of(rank)], reported(rank.node));
  check_over();
  return {};
}

// The node may not have heard of it: the nodemaster that was to tell it has been killed.
void Job::take_positions(const std::vector<std::uint64_t>& taken) {
  for (Rank& rank : ranks_) {
    for (std::uint32_t i = 0; i < rank.streams.size(); ++i) {
      RankStream& stream = rank.streams[i];
      stream.known = true;
      stream.taken = taken[2 * index_of(rank) + i];
      stream.received = stream.taken;
    }
    want_output_again(rank);
  }
}

void Job::want_output_again(Rank& rank) {
  if (!rank.on_node()) return;
  for (const StreamName name : {StreamName::output, StreamName::error})
    tools_.links.send_bulk(rank.node,
                           transport::StreamCredit{number_, index_of(rank), name, rank.stream(name).taken, true});
}

// What is known of a rank when its command is back.
void Job::settle(Rank& rank, bool was_over, bool reported) {
  if (was_over) {
    if (rank.on_node()) send_signal(rank, {number_, index_of(rank), SIGKILL});  // it had been given up
    rank.sent = true;
    rank.phase = Rank::Phase::over;
    return acknowledge(rank);
  }
  if (rank.phase != Rank::Phase::waiting) {
    if (rank.stopped != 0) tell(transport::RunState{index_of(rank), rank.stopped});
    if (rank.away) tell(transport::RunContact{index_of(rank), true, rank.away_reason});
    return;
  }
  rank.sent = true;
  rank.phase = Rank::Phase::launching;
  if (reported) return end_lost(rank, "the node does not have this process: it had not been started, or is forgotten");
  set_away(rank, "not back since nodemaster was started anew");
}

void Job::tell(const transport::Message& message) {
  if (owner_) return owner_->send(message);
  if (unclaimed_) untold_.push_back(message);
}

}  // namespace frontend
