// The phases before there is a front end to talk to: start, hardware, network. None of them can fail for good: what
// goes wrong is logged, recorded and gone without, and the network is sought until it is found.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "network/discovery.h"
#include "nodeinit/boot_record.h"
#include "nodeinit/life.h"
#include "nodeinit/log_sinks.h"
#include "nodeinit/modules.h"
#include "nodeinit/settings.h"
#include "nodeinit/settings_file.h"
#include "nodeinit/system.h"

namespace node {

class Boot {
 public:
  struct Hooks {
    std::function<void(const Settings&)> configured;           // once, in phase start
    std::function<void(const network::Found&)> network_found;  // once, at the end of phase network
  };

  Boot(const System& system, LogSinks& sinks, BootRecord& record, const Life& life, Hooks hooks);

  void start();
  const Settings& settings() const { return settings_; }
  std::string trouble() const;  // why there is no network yet

 private:
  void prepare_base();
  void end_former_life();
  void configure(const FileSettings& file);
  void load_hardware();
  void on_modules(const sys::WorkerResult& result);
  void find_network();
  void on_found(const network::Found& found);
  void report(const BaseAction& action);
  void report_problem(const std::string& name, const std::string& problem);

  System system_;
  LogSinks& sinks_;
  sys::Log& log_;
  BootRecord& record_;
  const Life& life_;
  Hooks hooks_;
  Settings settings_;
  std::unique_ptr<network::Discovery> discovery_;
};

}  // namespace node
