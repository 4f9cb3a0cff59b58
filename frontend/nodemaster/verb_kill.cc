// KillRequest: asks the nodes concerned; a NodeResult from each, then Done.
//
// A job: the nodes of its ranks, or, when it is over and may have left something, all that are connected; of those, only the ones
// that had something of it answer. A process: the nodes that the request names, or the one where a rank has that pid.
// Root and admins signal anybody's processes, others their own: a job's owner is known here, a process's on its node.
#include <cerrno>
#include <cstring>
#include <set>

#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::KilledProcesses;
using transport::NodeNumber;

constexpr int max_signal = 64;

std::string trouble_of(int code, std::int32_t pid) {
  if (code == ESRCH) return sys::cat("no process ", pid, " of a job is there");
  if (code == EPERM) return sys::cat("process ", pid, " is somebody else's");
  return std::strerror(code);
}

class KillVerb final : public Verb {
 public:
  KillVerb(transport::KillRequest request, Desk& desk, Reply& reply)
      : request_(std::move(request)), desk_(desk), reply_(reply) {}

  void start() override {
    if (request_.signal < 0 || request_.signal > max_signal)
      return reply_.fail(true, sys::cat("there is no signal ", request_.signal));
    if (request_.job == 0 && request_.pid <= 0) return reply_.fail(true, "name a job or a process");
    const auto nodes = request_.job != 0 ? nodes_of_job() : nodes_of_process();
    if (!nodes) return reply_.fail(false, nodes.error().text());
    ask(*nodes);
  }

  void on_gone() override {
    for (const NodeQuestions::Id id : asked_)
      desk_.questions.cancel(id);
  }

 private:
  using Nodes = sys::Result<std::vector<NodeNumber>>;

  bool anybodys() const { return reply_.role() >= Role::admin; }

  Nodes nodes_of_job() {
    const Job* job = desk_.jobs.job(request_.job);
    if (!anybodys() && !job) return sys::refusal(sys::cat("no job ", request_.job, " runs"));
    if (!anybodys() && job->uid() != reply_.caller().uid) {
      auto denied = sys::refusal(sys::cat("permission denied: job ", request_.job, " is somebody else's"));
      reply_.note_refused(denied.value().what);
      return denied;
    }
    concerned_ = job != nullptr || !request_.nodes.empty();
    // Others than admins reach the job where it is known to be: a node may say of any job that it is somebody's.
    if (job && !anybodys()) return job->nodes();
    if (!request_.nodes.empty()) return select_nodes(request_.nodes, desk_.table);
    if (job) return job->nodes();
    return select_nodes("all", desk_.table);
  }

  Nodes nodes_of_process() {
    if (!request_.nodes.empty()) return select_nodes(request_.nodes, desk_.table);
    const auto nodes = desk_.jobs.nodes_of(request_.pid);
    if (nodes.size() == 1) return std::vector{*nodes.begin()};
    const std::string_view which =
        nodes.empty() ? "no job has a process of this pid on its list" : "several nodes have a process of this pid";
    return sys::refusal(sys::cat(request_.pid, ": ", which, "; name its node as well: n3:", request_.pid));
  }

  transport::Message question() const {
    if (request_.job != 0) return transport::KillJob{request_.job, request_.signal};
    return transport::KillProcess{request_.pid, request_.signal, anybodys() ? 0 : reply_.caller().uid};
  }

  void ask(const std::vector<NodeNumber>& nodes) {
    for (const NodeNumber node : nodes) {
      const auto id =
          desk_.questions.ask(node, question(), [this, node](const sys::Result<transport::Message>& answer) {
            on_answer(node, answer);
            return false;
          });
      if (id != 0) {
        asked_.insert(id);
        ++waiting_;
      } else if (concerned_) {
        tell(node, false, "not connected");
      }
    }
    finish_if_complete();
  }

  void on_answer(NodeNumber node, const sys::Result<transport::Message>& answer) {
    --waiting_;
    if (!answer) {
      tell(node, false, answer.error().text());
    } else if (const auto* killed = std::get_if<KilledProcesses>(&*answer)) {
      on_killed(node, *killed);
    }
    finish_if_complete();
  }

  void on_killed(NodeNumber node, const KilledProcesses& killed) {
    if (request_.job != 0 && killed.code == ESRCH) return;
    // For root and admins no node refuses anything: there it is the kernel's answer.
    if (killed.code == EPERM && request_.job == 0 && !anybodys()) note_refused(node);
    if (killed.code != 0) return tell(node, false, trouble_of(killed.code, request_.pid));
    tell(node, true, sys::cat(killed.count, killed.count == 1 ? " process" : " processes"));
  }

  void note_refused(NodeNumber node) {
    reply_.note_refused(
        sys::cat("permission denied: process ", request_.pid, " of node ", node, " is somebody else's"));
  }

  void tell(NodeNumber number, bool succeeded, std::string reason) {
    const Node* node = desk_.table.find(number);
    if (node) reply_.send(transport::NodeResult{number, node->entry.name, succeeded, std::move(reason)});
    told_ = true;
  }

  void finish_if_complete() {
    if (waiting_ != 0) return;
    if (!told_) return reply_.fail(false, sys::cat("no process of job ", request_.job, " is left"));
    reply_.finish(transport::Done{});
  }

  const transport::KillRequest request_;
  Desk& desk_;
  Reply& reply_;
  std::set<NodeQuestions::Id> asked_;
  std::size_t waiting_ = 0;
  bool told_ = false;
  bool concerned_ = true;  // those that are asked are known to have something to do with it
};

}  // namespace

std::unique_ptr<Verb> make_kill_verb(transport::KillRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<KillVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
