#include "frontend/nodemaster/job_table.h"

#include <algorithm>
#include <csignal>

#include "sys/path.h"
#include "sys/text.h"
#include "transport/frame.h"

namespace frontend {
namespace {

constexpr std::uint32_t max_ranks = 1u << 16;  // of a job: there are no more nodes
constexpr std::size_t max_early = 1024;        // messages of a node
constexpr std::size_t max_held = 4096;         // that a node holds at most

sys::Status check(const transport::RunRequest& request) {
  if (!sys::is_clean_path(request.program)) return sys::refusal("the program must be an absolute path");
  if (request.files.size() != request.sources.size()) return sys::refusal("files without sources");
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    if (!sys::is_clean_path(request.files[i].path)) return sys::refusal("a file's path on the node must be absolute");
    if (!request.sources[i].starts_with('/')) return sys::refusal("a file's source must be an absolute path");
  }
  return {};
}

sys::Status check_input(std::uint32_t who, std::size_t ranks) {
  if (who == transport::no_rank || who == transport::all_ranks || who < ranks) return {};
  return sys::refusal(sys::cat("there is no rank ", who, " to get the input: the run has ", ranks));
}

sys::Status check_terminal(bool wanted, std::size_t ranks) {
  if (!wanted || ranks == 1) return {};
  return sys::refusal(sys::cat("a terminal is for one node, and these are ", ranks));
}

// A message that nodes cannot be sent would end their connections.
sys::Status check_size(const transport::RunRequest& request, const Credentials& caller) {
  transport::Bytes frame;
  const auto status = transport::append_frame(launch_of(request, caller), 0, frame);
  if (status) return {};
  return sys::refusal(sys::cat("too many arguments, variables or files for one message: ", status.error().text()));
}

std::vector<ContentSource> sources_of(const transport::RunRequest& request) {
  std::vector<ContentSource> sources;
  for (std::size_t i = 0; i < request.files.size(); ++i)
    sources.push_back({request.files[i].content, request.sources[i]});
  return sources;
}

}  // namespace

JobTable::JobTable(sys::Loop& loop, const NodeTable& table, NodeLinks& links, ContentStore& store,
                   std::uint64_t first_number)
    : loop_(loop),
      table_(table),
      links_(links),
      store_(store),
      first_number_(first_number),
      next_number_(first_number),
      claims_(loop, patience_) {}

sys::Result<Job*> JobTable::start(transport::RunRequest request, const std::vector<transport::NodeNumber>& nodes,
                                  Credentials caller, JobOwner& owner) {
  if (auto status = check(request); !status) return tl::make_unexpected(status.error());
  if (auto status = check_input(request.input, nodes.size()); !status) return tl::make_unexpected(status.error());
  if (auto status = check_terminal(request.terminal, nodes.size()); !status) return tl::make_unexpected(status.error());
  if (auto status = check_size(request, caller); !status) return tl::make_unexpected(status.error());
  if (count(false) >= max_jobs) return sys::refusal(sys::cat(max_jobs, " jobs run already; wait for one to end"));
  if (caller.uid != 0 && count_of(caller.uid) >= max_jobs_of_user)
    return sys::refusal(sys::cat("you have ", max_jobs_of_user, " jobs already; wait for one to end"));
  while (jobs_.contains(next_number_))  // a node may have told any number
    ++next_number_;
  const std::uint64_t number = next_number_++;
  const auto rights = std::make_shared<sys::FileRights>(caller);
  auto offer = store_.offer(sources_of(request), rights);
  Job& job =
      *jobs_.emplace(number, make_job(number, std::move(request), std::move(caller), std::move(offer))).first->second;
  job.start(nodes, owner);
  return &job;
}

std::unique_ptr<Job> JobTable::make_job(std::uint64_t number, transport::RunRequest request, Credentials caller,
                                        ContentStore::Offer offer) {
  return std::make_unique<Job>(JobTools{loop_, table_, links_, patience_}, number, std::move(request),
                               std::move(caller), std::move(offer),
                               [this, number] { loop_.defer([this, number] { finish(number); }); });
}

void JobTable::finish(std::uint64_t number) {
  const auto found = jobs_.find(number);
  const std::unique_ptr<Job> job = std::move(found->second);
  jobs_.erase(found);
  job->tell_over();
}

std::size_t JobTable::count(bool unclaimed) const {
  const auto fits = [unclaimed](const auto& job) { return job.second->unclaimed() == unclaimed; };
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), fits));
}

std::size_t JobTable::count_of(std::uint32_t uid) const {
  const auto is_theirs = [uid](const auto& job) { return job.second->uid() == uid; };
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), is_theirs));
}

// The job that has that rank there.
Job* JobTable::find(std::uint64_t number, transport::NodeNumber node, std::uint32_t rank) {
  Job* const job = find(number);
  return job && job->has(node, rank) ? job : nullptr;
}

Job* JobTable::find(std::uint64_t number) {
  const auto found = jobs_.find(number);
  return found == jobs_.end() ? nullptr : found->second.get();
}

void JobTable::on_message(transport::NodeNumber node, const transport::Launched& launched) {
  if (Job* job = find(launched.job, node, launched.rank)) return job->on_launched(node, launched);
  if (launched.pid == 0) links_.send(node, transport::Forget{launched.job, launched.rank});
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessEnd& end) {
  if (Job* job = find(end.job, node, end.rank)) return job->on_process_end(node, end);
  links_.send(node, transport::Forget{end.job, end.rank});
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessState& state) {
  if (Job* job = find(state.job)) job->on_process_state(node, state);
}

void JobTable::on_message(transport::NodeNumber node, transport::StreamOutput output) {
  if (Job* job = find(output.job, node, output.rank)) return job->on_output(node, std::move(output));
  // Before the node has said what it holds, it may be of a job that is still to be found, and will be wanted again.
  if (!reported_.contains(node)) return;
  const std::uint64_t end = output.offset + output.data.size();
  links_.send_bulk(node, transport::StreamCredit{output.job, output.rank, output.stream, end});
}

void JobTable::on_message(transport::NodeNumber node, const transport::InputCredit& credit) {
  if (Job* job = find(credit.job, node, credit.rank)) return job->on_input_credit(node, credit);
  if (reported_.contains(node)) return;
  // The two connections of a node have no order between them.
  auto& early = early_[node];
  if (early.size() < max_early) early.push_back(credit);
}

void JobTable::on_message(transport::NodeNumber node, transport::JobProcesses processes) {
  if (Job* job = find(processes.job, node, processes.rank)) job->on_processes(node, std::move(processes));
}

const Job* JobTable::job(std::uint64_t number) const {
  const auto found = jobs_.find(number);
  return found == jobs_.end() ? nullptr : found->second.get();
}

std::optional<transport::NodeNumber> JobTable::node_of(std::int32_t pid) const {
  for (const auto& [number, job] : jobs_)
    if (const auto node = job->node_of(pid)) return node;
  return std::nullopt;
}

void JobTable::on_node_lost(transport::NodeNumber node, const std::string& reason) {
  reported_.erase(node);
  reports_.erase(node);
  early_.erase(node);
  for (const auto& [number, job] : jobs_)
    job->on_node_lost(node, reason);
}

void JobTable::on_node_gone(transport::NodeNumber node, const std::string& reason) {
  on_node_lost(node, reason);
  for (const auto& [number, job] : jobs_)
    job->on_node_gone(node, reason);
}

// ---------------------------------------------------------------- what nodes hold

void JobTable::on_message(transport::NodeNumber node, transport::HeldProcesses held) {
  std::vector<transport::HeldProcess>& all = reports_[node];
  if (all.size() < max_held) all.insert(all.end(), held.processes.begin(), held.processes.end());
  if (held.more) return;
  const auto report = std::move(all);
  reports_.erase(node);
  reported_.insert(node);
  on_held(node, report);
  const auto early = early_.extract(node);
  if (early.empty()) return;
  for (const transport::InputCredit& credit : early.mapped())
    on_message(node, credit);
}

void JobTable::on_held(transport::NodeNumber node, const std::vector<transport::HeldProcess>& held) {
  std::map<std::uint64_t, const transport::HeldProcess*> by_job;
  for (const transport::HeldProcess& process : held)
    by_job.emplace(process.job, &process);
  for (const auto& [number, job] : jobs_) {
    const auto found = by_job.find(number);
    job->on_node_back(node, found == by_job.end() ? nullptr : found->second);
  }
  for (const transport::HeldProcess& process : held)
    find_job_of(node, process);
}

// A process that none of our jobs knows: nobody wants it any more, or its command asked an earlier nodemaster for it.
void JobTable::find_job_of(transport::NodeNumber node, const transport::HeldProcess& held) {
  Job* job = find(held.job);
  if (job && job->has(node, held.rank)) return;
  // Nodes disagree whose it is, and one of them lies: it is not known which, so neither's process is touched.
  if (job && job->unclaimed() && job->uid() != held.uid) return;
  const bool wanted = job ? job->unclaimed() : !is_of_this_life(held.job);
  if (!wanted || !has_room_for(held)) return end_unwanted(node, held);
  if (!job) job = jobs_.emplace(held.job, make_job(held.job, {}, {held.uid, 0, {}}, {})).first->second.get();
  job->adopt(node, held);
  if (const auto waiting = claims_.take(*job)) claim(*job, *waiting);
}

// What it has said already has been passed over, and it is over when that has been taken.
void JobTable::end_unwanted(transport::NodeNumber node, const transport::HeldProcess& held) {
  links_.send(node, transport::Signal{held.job, held.rank, SIGKILL});
  for (const auto stream : {transport::StreamName::output, transport::StreamName::error})
    links_.send_bulk(node, transport::StreamCredit{held.job, held.rank, stream, 0, true});
}

// Nodes can say much: what they say of jobs and ranks costs memory within limits.
bool JobTable::has_room_for(const transport::HeldProcess& held) const {
  std::size_t ranks = held.rank;
  for (const auto& [number, job] : jobs_)
    if (job->unclaimed()) ranks += job->ranks();
  return held.rank < max_ranks && count(true) < max_jobs && ranks < max_found_ranks;
}

void JobTable::attach(JobClaim claim) {
  Job* const job = find(claim.attach.job);
  if (!job) return claims_.add(std::move(claim));
  if (JobClaims::may_claim(claim.caller, job->uid())) return this->claim(*job, claim);
  refuse(claim, {0, sys::cat("job ", claim.attach.job, " is somebody else's")});
}

void JobTable::claim(Job& job, const JobClaim& claim) {
  const auto reported = [this](transport::NodeNumber node) { return reported_.contains(node); };
  const auto status = job.claim(claim.attach, reported, *claim.owner);
  if (!status) return refuse(claim, status.error());
  claim.granted(job);
}

void JobTable::refuse(const JobClaim& claim, sys::Error why) {
  loop_.defer([refused = claim.refused, why = std::move(why)] { refused(why); });
}

}  // namespace frontend
