// The node as its front end sees it: joins when the boot has found the network, then does what it is told. What a
// message leads to is one table, on_message() in node.cc. docs/STATES.md has the whole picture:
//
//   booting --network--> joining --Welcome--> joined --Setup--> setting up --last step done--> up
//                                                                  ^   '-a step fails-> error
//                                                                  '-------- Setup -------'
//
// A connection that is lost changes nothing on the node: steps and processes go on, and when the front end is back it hears
// what there is and decides what to do with it. If it stays away for too long, the policy that it has left comes true. Only a node that has never joined for Settings::reboot_after gives up and restarts.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "content/cache.h"
#include "nodeinit/boot.h"
#include "nodeinit/cache_trim.h"
#include "nodeinit/lasting.h"
#include "nodeinit/power_down.h"
#include "nodeinit/process_lister.h"
#include "nodeinit/uplink.h"
#include "process/launcher.h"
#include "process/services.h"
#include "setup/runner.h"

namespace node {

class Node {
 public:
  // `life` must outlive the node.
  Node(const System& system, LogSinks& sinks, const Life& life);

  void start();
  // SIGTERM, SIGINT.
  void end(sys::PowerAction action, const std::string& why);
  bool is_up() const { return up_; }

 private:
  Uplink::Hooks uplink_hooks();
  process::ProcessTools process_tools();
  setup::StepSystem step_system();
  setup::RunnerHooks runner_hooks();
  TrimHooks trim_hooks();
  void on_configured(const Settings& settings);
  void on_network(const network::Found& found);
  void seek_front_end();
  void trust_nobody(const std::string& why);
  void give_up();

  transport::Hello hello() const;
  void on_joined(const transport::Welcome& welcome);
  void on_lost(const std::string& why);
  void on_away_for_long();
  void on_bulk(bool there);
  void on_output(const transport::StreamOutput& output);
  void on_trouble(const std::string& why);
  void set_clock(std::uint64_t wall_ns);
  void send_record();
  void open_log();

  void on_message(std::uint64_t request, transport::Message message);
  void on_ping(const transport::Ping& ping);
  void on_setup(transport::Setup setup);
  void on_launch(transport::Launch launch);
  void on_power(const transport::Power& power);

  void clean();
  void on_cleaned(const sys::WorkerResult& result);
  void begin_setup(transport::Setup setup);
  void begin_held_setup();
  void on_step(const transport::StepReport& report);
  void on_setup_done(const transport::SetupDone& done);
  void come_up();

  System system_;
  LogSinks& sinks_;
  sys::Log& log_;
  const Life& life_;
  std::uint64_t boot_id_;
  BootRecord record_;
  Boot boot_;
  Uplink uplink_;
  content::Cache cache_;
  process::Limits limits_;
  process::Launcher launcher_;
  ProcessLister lister_;
  process::Services services_;
  Lasting lasting_;
  setup::Runner runner_;
  PowerDown power_down_;
  CacheTrim trim_;

  enum class Root { image, cleaning, clean };
  network::Found network_;
  sys::Timer patience_;         // until the first Welcome
  sys::Timer away_;             // since the front end was lost
  transport::Welcome welcome_;  // the last
  sys::Timer keys_retry_;
  std::string trouble_;  // the newest that kept us from joining
  bool record_scheduled_ = false;
  Root root_ = Root::image;
  std::optional<transport::Setup> held_setup_;        // came while the root was being cleaned, or the cache trimmed
  bool last_part_ = false;                            // of the plan that runs
  std::map<std::uint32_t, BootRecord::Entry> steps_;  // that run, by index in the plan
  bool up_ = false;
};

}  // namespace node
