#include "frontend/nodemaster/job_table.h"

#include <csignal>

#include "sys/path.h"
#include "sys/text.h"
#include "transport/frame.h"

namespace frontend {
namespace {

sys::Status check(const transport::RunRequest& request) {
  if (!sys::is_clean_path(request.program)) return sys::refusal("the program must be an absolute path");
  if (request.input != transport::no_rank) return sys::refusal("input for processes is not carried by this nodemaster");
  if (request.files.size() != request.sources.size()) return sys::refusal("files without sources");
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    if (!sys::is_clean_path(request.files[i].path)) return sys::refusal("a file's path on the node must be absolute");
    if (!request.sources[i].starts_with('/')) return sys::refusal("a file's source must be an absolute path");
  }
  return {};
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
    : loop_(loop), table_(table), links_(links), store_(store), next_number_(first_number) {}

sys::Result<Job*> JobTable::start(transport::RunRequest request, const std::vector<transport::NodeNumber>& nodes,
                                  Credentials caller, JobOwner& owner) {
  if (auto status = check(request); !status) return tl::make_unexpected(status.error());
  if (auto status = check_size(request, caller); !status) return tl::make_unexpected(status.error());
  if (jobs_.size() == max_jobs) return sys::refusal(sys::cat(max_jobs, " jobs run already; wait for one to end"));
  const std::uint64_t number = next_number_++;
  const auto rights = std::make_shared<sys::FileRights>(caller);
  auto offer = store_.offer(sources_of(request), rights);
  const auto over = [this, number] { loop_.defer([this, number] { finish(number); }); };
  auto job =
      std::make_unique<Job>(loop_, table_, links_, number, std::move(request), caller, std::move(offer), owner, over);
  Job* const raw = job.get();
  jobs_.emplace(number, std::move(job));
  raw->start(nodes);
  return raw;
}

void JobTable::finish(std::uint64_t number) {
  const auto found = jobs_.find(number);
  const std::unique_ptr<Job> job = std::move(found->second);
  jobs_.erase(found);
  job->tell_over();
}

Job* JobTable::find(std::uint64_t number) {
  const auto found = jobs_.find(number);
  return found == jobs_.end() ? nullptr : found->second.get();
}

void JobTable::on_message(transport::NodeNumber node, const transport::Launched& launched) {
  if (Job* job = find(launched.job)) job->on_launched(node, launched);
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessEnd& end) {
  if (Job* job = find(end.job)) job->on_process_end(node, end);
}

void JobTable::on_message(transport::NodeNumber node, const transport::ProcessState& state) {
  if (Job* job = find(state.job)) job->on_process_state(node, state);
}

void JobTable::on_message(transport::NodeNumber node, transport::StreamOutput output) {
  if (Job* job = find(output.job)) job->on_output(node, std::move(output));
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

std::uint64_t JobTable::life_of(transport::NodeNumber node) const {
  const Node* known = table_.find(node);
  return known ? known->hello.boot_id : 0;
}

void JobTable::on_node_lost(transport::NodeNumber node, const std::string& reason) {
  for (const auto& [number, job] : jobs_) {
    const auto rank = job->on_node_lost(node, reason);
    if (!rank) continue;
    Abandoned& abandoned = abandoned_[node];
    abandoned.boot_id = life_of(node);
    abandoned.signals.push_back({number, *rank, SIGKILL});
  }
}

void JobTable::on_node_joined(transport::NodeNumber node) {
  const auto found = abandoned_.find(node);
  if (found == abandoned_.end()) return;
  if (found->second.boot_id == life_of(node)) {
    for (const transport::Signal& signal : found->second.signals)
      links_.send(node, signal);
  }
  abandoned_.erase(found);
}

}  // namespace frontend
