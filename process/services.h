// The services of a node (service.h), by name. A plan's steps have them kept; once a plan is done, those that it does
// not name are stopped. They outlive connections to the front end, which is told of every change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "process/service.h"

namespace process {

class Services {
 public:
  static constexpr std::size_t max_services = 256;  // what the front end keeps of a node

  using Report = std::function<void(const transport::ServiceStatus&)>;
  // `report` is called from the loop.
  Services(ServiceTools tools, Report report);

  // Service::keep() of the one that is called `name`. The function returned gives up what does not run yet.
  std::function<void()> keep(const transport::ServiceStep& step, const std::string& name, ServiceKept done);
  // The plan has that one, and what its step needs is missing on the front end: says that it goes on, if there is one.
  void leave(const std::string& name);
  // Contents that must stay on the node, so that they can be started again without a front end.
  std::set<transport::ContentHash> contents() const;
  // Stops all others.
  void keep_only(const std::set<std::string>& names);
  // Tells of every service, for a front end that knows of none.
  void report_all();
  // The node goes down: what ends now is not started again.
  void end_for_good();
  // Services that have a process.
  std::size_t running() const;

 private:
  void on_changed(const std::string& name);
  void tell_changes();

  ServiceTools tools_;
  Report report_;
  std::map<std::string, std::unique_ptr<Service>> services_;
  std::uint32_t made_ = 0;         // ever
  std::set<std::string> changed_;  // since the front end was told
  sys::Timer turn_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what calls from outside look at
};

}  // namespace process
