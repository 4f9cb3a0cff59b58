// The verbs of nodectl, as nodemaster carries them out: one file each (verb_status.cc, ...). A verb is made for one
// request, answers through its Reply, and lives until it has given its last answer or the command is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/job_table.h"
#include "frontend/nodemaster/node_changes.h"
#include "frontend/nodemaster/node_listener.h"
#include "frontend/nodemaster/node_logs.h"
#include "frontend/nodemaster/node_questions.h"
#include "frontend/nodemaster/node_services.h"
#include "frontend/nodemaster/node_sessions.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/node_up.h"
#include "frontend/nodemaster/plan_inquiry.h"
#include "frontend/nodemaster/roles.h"
#include "sys/loop.h"
#include "sys/worker.h"
#include "transport/messages.h"

namespace frontend {

// What verbs work with.
struct Desk {
  sys::Loop& loop;
  NodeTable& table;
  NodeLogs& logs;
  const NodeServices& services;
  NodeSessions& sessions;
  PlanResolver& plans;
  NodeUp& node_up;
  PlanInquiry& inquiry;
  JobTable& jobs;
  NodeQuestions& questions;
  const NodeListener& listener;
  Counters& counters;
  NodeChanges& changes;
  sys::Workers& workers;
  std::optional<AdminGroup> admins;  // of the configuration that holds
};

// The way back to the command.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void send(const transport::Message& message) = 0;
  // Whoever has much to say waits for on_drained() while this is so.
  virtual bool congested() const = 0;
  // The last answer: the verb goes, from the loop.
  virtual void finish(const transport::Message& last) = 0;
  virtual Credentials caller() const = 0;
  virtual Role role() const = 0;  // of the caller, now
  // What roles.h allowed and the verb refuses: counted and logged once for a request. The caller is told as well, by
  // other means.
  virtual void note_refused(std::string_view what) = 0;
  // What the caller changes for others, so that the log has who it was: "makes nodes 3 unavailable".
  virtual void note_change(std::string_view what) = 0;
  void fail(bool usage, std::string reason) { finish(transport::Failure{usage, std::move(reason)}); }
};

class Verb {
 public:
  virtual ~Verb() = default;
  virtual void start() = 0;
  virtual void on_drained() {}
  // RunSignal, RunGhosts, RunCredit and the like: of a run that is under way.
  virtual void on_run_message(transport::Message&) {}
  // The command has gone without waiting for the end: the verb lets go of everything. It is destroyed later, when what
  // it works with may be gone.
  virtual void on_gone() {}
};

// Nothing when `request` is not a request.
std::unique_ptr<Verb> make_verb(transport::Message request, Desk& desk, Reply& reply);

std::unique_ptr<Verb> make_status_verb(transport::StatusRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_wait_verb(transport::WaitRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_boot_log_verb(transport::BootLogRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_log_verb(transport::LogRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_services_verb(transport::ServicesRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_up_verb(transport::UpRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_plan_verb(transport::PlanRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_power_verb(transport::PowerRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_rights_verb(transport::RightsRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_availability_verb(transport::AvailabilityRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_kill_verb(transport::KillRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_ps_verb(transport::PsRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_metrics_verb(Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_run_verb(transport::RunRequest request, Desk& desk, Reply& reply);
std::unique_ptr<Verb> make_attach_verb(transport::RunAttach request, Desk& desk, Reply& reply);

// The nodes that a request names.
sys::Result<std::vector<transport::NodeNumber>> select_nodes(const std::string& text, const NodeTable& table);
// The same for verbs that need at least one; a problem has been told through `reply` when there is none.
std::vector<transport::NodeNumber> select_some(const std::string& text, const NodeTable& table, Reply& reply);

}  // namespace frontend
