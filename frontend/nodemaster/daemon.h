// nodemaster as a whole: builds its parts, connects them, and passes on to each what nodes say.
#pragma once

#include <memory>
#include <string>

#include "frontend/nodemaster/configuration.h"
#include "frontend/nodemaster/content_store.h"
#include "frontend/nodemaster/control_server.h"
#include "frontend/nodemaster/counters.h"
#include "frontend/nodemaster/down_hooks.h"
#include "frontend/nodemaster/job_table.h"
#include "frontend/nodemaster/local_programs.h"
#include "frontend/nodemaster/node_changes.h"
#include "frontend/nodemaster/node_links.h"
#include "frontend/nodemaster/node_listener.h"
#include "frontend/nodemaster/node_logs.h"
#include "frontend/nodemaster/node_programs.h"
#include "frontend/nodemaster/node_services.h"
#include "frontend/nodemaster/node_sessions.h"
#include "frontend/nodemaster/node_table.h"
#include "frontend/nodemaster/node_up.h"
#include "frontend/nodemaster/plan_inquiry.h"
#include "frontend/nodemaster/plan_resolver.h"
#include "frontend/nodemaster/rarp_responder.h"
#include "frontend/nodemaster/unknown_nodes.h"
#include "sys/machine.h"
#include "sys/worker.h"

namespace frontend {

// The kernel, as the daemon is handed it.
struct MasterSystem {
  sys::Loop& loop;
  sys::Log& log;
  sys::Files& files;
  sys::Links& links;
  sys::Packets& packets;
  sys::Sockets& sockets;
  sys::Children& children;
  sys::Workers& workers;
  sys::Spawner& spawner;
  sys::Machine& machine;
};

class Daemon final : private NodeEvents {
 public:
  // `path` is where the configuration was read, and is read again by reload().
  Daemon(const MasterSystem& system, Configuration configuration, std::string path);

  // An error: nobody could reach this nodemaster. The nodes' side is retried instead.
  sys::Status start();
  // Ends what runs on the front end for nodes, and says so: nodemaster goes.
  void end();
  // Checks the configuration in a worker (the parser meets what an editor left) and takes it over when it is good.
  void reload();

 private:
  void on_joined(transport::NodeNumber node) override;
  void on_node_message(transport::NodeNumber node, transport::Message message) override;
  void on_node_answer(transport::NodeNumber node, std::uint64_t request, transport::Message message) override;
  void on_bulk_lost(transport::NodeNumber node, const std::string& reason) override;
  void on_lost(transport::NodeNumber node, const std::string& reason) override;
  void on_service(transport::NodeNumber node, const transport::ServiceStatus& status);
  void on_checked(const sys::WorkerResult& result);
  void take_over(Configuration fresh);
  void configure(const Configuration& configuration);

  MasterSystem system_;
  Configuration configuration_;
  const std::string path_;
  sys::WorkerId check_ = 0;  // under way

  Counters counters_;
  NodeTable table_;
  NodeChanges changes_;
  NodeLogs logs_;
  NodeServices services_;
  ContentStore store_;
  UnknownNodes unknown_;
  NodeSessions sessions_;
  PlanResolver plans_;
  LocalPrograms programs_;
  NodePrograms node_programs_;
  DownHooks down_hooks_;
  NodeUp node_up_;
  PlanInquiry inquiry_;
  JobTable jobs_;
  NodeQuestions questions_;
  NodeListener listener_;
  RateLimit bulk_lines_;
  std::unique_ptr<RarpResponder> rarp_;  // when the configuration wants it
  ControlServer control_;
};

}  // namespace frontend
