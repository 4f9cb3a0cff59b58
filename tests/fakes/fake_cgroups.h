// Cgroups in memory: a test says which processes are in them and what the kernel has done.
#pragma once

#include <map>
#include <utility>

#include "sys/cgroups.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeCgroups final : public sys::Cgroups {
 public:
  explicit FakeCgroups(Faults& faults) : faults_(faults) {}

  sys::Status begin(bool in_container) override;
  bool available() const override { return there; }
  sys::Status make(const std::string& name) override;
  std::string path_of(const std::string& name) const override { return "/groups/" + name; }
  sys::Status limit(const std::string& name, const sys::GroupLimits& limits) override;
  sys::Result<sys::GroupEvents> events(const std::string& name) override;
  sys::Result<std::vector<int>> pids(const std::string& name) override;
  sys::Result<std::string> group_of(int pid) override;
  // Recorded in `signals`; SIGKILL empties the group.
  sys::Result<std::size_t> signal(const std::string& name, int signal) override;
  sys::Status signal_process(int pid, std::uint32_t uid, int signal) override;
  sys::Status remove(const std::string& name) override;

  struct Group {
    std::vector<int> pids;
    std::uint32_t uid = 0;  // of all of them
    sys::GroupLimits limits;
    sys::GroupEvents events;
  };
  bool there = true;  // cleared: this kernel has none
  std::map<std::string, Group> groups;
  std::vector<std::pair<std::string, int>> signals;
  std::vector<std::pair<int, int>> process_signals;

 private:
  sys::Result<Group*> find(const std::string& name, const std::string& call);

  Faults& faults_;
};

}  // namespace fakes
