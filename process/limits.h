// The limits of what is started on the node (getrlimit(2)): those that a plan's `limits` steps have set; for the rest,
// what PID 1 has itself. What runs already keeps its own.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sys/limits.h"
#include "sys/log.h"
#include "transport/messages.h"

namespace process {

class Limits {
 public:
  explicit Limits(sys::Log& log) : log_(log) {}

  // What had to be changed, in words; empty: nothing. On an error everything is as it was.
  sys::Result<std::string> set(const transport::LimitsStep& step);
  // Those of other resources are the default again.
  void keep_only(const std::set<std::uint8_t>& resources);

  const std::vector<sys::Limit>& in_force() const { return limits_; }
  // For a process of `uid` whose owner says that he has `own` where it comes from: those, where no step has set others.
  // Nobody has checked what he says, so that of what would take from others (locked memory, priorities, processes) only
  // root gets more than PID 1 may have itself.
  std::vector<sys::Limit> with(const std::vector<transport::LimitEntry>& own, std::uint32_t uid) const;

 private:
  sys::Limit* find(std::uint8_t resource);

  sys::Log& log_;
  std::vector<sys::Limit> limits_;  // one of a resource
};

}  // namespace process
