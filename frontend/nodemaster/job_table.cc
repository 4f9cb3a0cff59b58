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

// Bytes of what each node is to be sent.
sys::Result<std::size_t> launch_size(const transport::RunRequest& request, const Credentials& caller) {
  transport::Bytes frame;
  const auto status = transport::append_frame(launch_of(request, caller, transport::no_node), 0, frame);
  if (status) return frame.size();
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
                                  Credentials caller, bool trusted, JobOwner& owner) {
  if (auto status = check(request); !status) return tl::make_unexpected(status.error());
  if (auto status = check_input(request.input, nodes.size()); !status) return tl::make_unexpected(status.error());
  if (auto status = check_terminal(request.terminal, nodes.size()); !status) return tl::make_unexpected(status.error());
  const auto size = launch_size(request, caller);
  if (!size) return tl::make_unexpected(size.error());
  if (count(false) >= max_jobs) return sys::refusal(sys::cat(max_jobs, " jobs run already; wait for one to end"));
  if (caller.uid != 0 && count_of(caller.uid) >= max_jobs_of_user)
    return sys::refusal(sys::cat("you have ", max_jobs_of_user, " jobs already; wait for one to end"));
  if (auto status = check_launches(caller.uid, *size, nodes.size()); !trusted && !status)
    return tl::make_unexpected(status.error());
  while (jobs_.contains(next_number_))  // a node may have told any number
    ++next_number_;
  const std::uint64_t number = next_number_++;
  const auto rights = std::make_shared<sys::FileRights>(caller);
  auto offer = store_.offer(sources_of(request), rights);
  Job& job =
      *jobs_.emplace(number, make_job(number, std::move(request), std::move(caller), std::move(offer))).first->second;
  job.start(nodes, trusted, *size, owner);
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

// A user must not make the front end hold more than that for nodes.
sys::Status JobTable::check_launches(std::uint32_t uid, std::size_t size, std::size_t ranks) const {
  std::size_t all = size * ranks;
  for (const auto& [number, job] : jobs_)
    if (job->uid() == uid) all += job->unlaunched_bytes();
  if (all <= max_launches_of_user) return {};
  return sys::refusal(sys::cat("arguments, variables and files of what you start come to ", all >> 20,
                               " MiB for all nodes together, of ", max_launches_of_user >> 20,
                               " MiB that may be on their way: start it on fewer nodes at a time, or with less"));
}

// The job that has that rank there.
Job* JobTable::find(std::uint64_t number, transport::NodeNumber node, std::uint32_t rank) {
  Job* const job = find(number);
  return job && job->has(node, rank) && !is_disputed(node, number, rank) ? job : nullptr;
}

Job* JobTable::find(std::uint64_t number) {
  const auto found = jobs_.find(number);
  return found == jobs_.end() ? nullptr : found->second.get();
}

void JobTable::on_message(transport::NodeNumber node, const transport::Launched& launched) {
  if (Job* job = find(launched.job, node, launched.rank)) return job->on_launched(node, launched);
  if (is_disputed(node, launched.job, launched.rank)) return;
  if (launched.pid == 0) links_.send(node, transport::Forget{launched.job, launched.rank});
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessEnd& end) {
  if (Job* job = find(end.job, node, end.rank)) return job->on_process_end(node, end);
  if (is_disputed(node, end.job, end.rank)) return;
  links_.send(node, transport::Forget{end.job, end.rank});
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessState& state) {
  if (Job* job = find(state.job, node, state.rank)) job->on_process_state(node, state);
}

void JobTable::on_message(transport::NodeNumber node, transport::StreamOutput output) {
  if (Job* job = find(output.job, node, output.rank)) return job->on_output(node, std::move(output));
  // Before the node has said what it holds, it may be of a job that is still to be found, and will be wanted again.
  if (!reported_.contains(node) || is_disputed(node, output.job, output.rank)) return;
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

std::set<transport::NodeNumber> JobTable::nodes_of(std::int32_t pid) const {
  std::set<transport::NodeNumber> nodes;
  for (const auto& [number, job] : jobs_)
    job->add_nodes_of(pid, nodes);
  return nodes;
}

void JobTable::on_node_lost(transport::NodeNumber node, const std::string& reason) {
  reported_.erase(node);
  reports_.erase(node);
  early_.erase(node);
  drop_disputes(node);
  for (const auto& [number, job] : jobs_)
    job->on_node_lost(node, reason);
}

void JobTable::on_node_gone(transport::NodeNumber node, const std::string& reason) {
  on_node_lost(node, reason);
  for (const auto& [number, job] : jobs_)
    job->on_node_gone(node, reason);
}

// ---------------------------------------------------------------- what nodes hold

// Once after each Welcome: whoever says it again costs no time.
void JobTable::on_message(transport::NodeNumber node, transport::HeldProcesses held) {
  if (reported_.contains(node)) return;
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
    const bool holds = found != by_job.end() && found->second->uid == job->uid();
    job->on_node_back(node, holds ? found->second : nullptr);
  }
  for (const transport::HeldProcess& process : held)
    find_job_of(node, process);
}

// A process that none of our jobs knows: nobody wants it any more, or its command asked an earlier nodemaster for it.
void JobTable::find_job_of(transport::NodeNumber node, const transport::HeldProcess& held) {
  const Job* const job = find(held.job);
  // Whose it is, nodes disagree, or this one and a user who has claimed it: one of them lies, and it is not known which.
  if (job && job->uid() != held.uid) return void(disputed_.insert({node, held.job, held.rank}));
  if (job && job->has(node, held.rank)) return;
  const bool wanted = job ? job->unclaimed() : !is_of_this_life(held.job);
  if (!wanted) return end_unwanted(node, held);
  if (!has_room_for(node, held)) return void(disputed_.insert({node, held.job, held.rank}));
  find_job(node, held);
}

void JobTable::find_job(transport::NodeNumber node, const transport::HeldProcess& held) {
  Found& found = found_by_[node];
  Job* job = find(held.job);
  if (!job) {
    ++found.jobs;
    job = jobs_.emplace(held.job, make_job(held.job, {}, {held.uid, 0, {}}, {})).first->second.get();
  }
  const std::size_t before = job->ranks();
  job->adopt(node, held);
  found.ranks += job->ranks() - before;
  if (const auto waiting = claims_.take(*job)) claim(*job, *waiting);
}

void JobTable::drop_disputes(transport::NodeNumber node) {
  disputed_.erase(disputed_.lower_bound({node, 0, 0}), disputed_.lower_bound({node + 1, 0, 0}));
}

// What it has said already has been passed over, and it is over when that has been taken.
void JobTable::end_unwanted(transport::NodeNumber node, const transport::HeldProcess& held) {
  links_.send(node, transport::Signal{held.job, held.rank, SIGKILL});
  for (const auto stream : {transport::StreamName::output, transport::StreamName::error})
    links_.send_bulk(node, transport::StreamCredit{held.job, held.rank, stream, 0, true});
}

// Nodes can say much: what they say of jobs and ranks costs memory within limits, and one that lies takes a part only.
bool JobTable::has_room_for(transport::NodeNumber node, const transport::HeldProcess& held) const {
  const auto known = jobs_.find(held.job);
  const std::size_t there = known == jobs_.end() ? 0 : known->second->ranks();
  const std::size_t more = held.rank < there ? 0 : held.rank + 1 - there;
  std::size_t ranks = more;
  for (const auto& [number, job] : jobs_)
    if (job->unclaimed()) ranks += job->ranks();
  const auto found = found_by_.find(node);
  const Found its = found == found_by_.end() ? Found{} : found->second;
  const bool within_share = its.jobs < max_jobs_of_node && its.ranks + more <= max_ranks_of_node;
  return held.rank < max_ranks && count(true) < max_jobs && ranks <= max_found_ranks && within_share;
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
