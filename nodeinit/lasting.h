// What a plan leaves in force on the node: its services, and the limits of what is started. A plan that has been carried
// out to its end takes back what an earlier one has left and it does not name itself; one that fails takes nothing back.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "process/limits.h"
#include "process/services.h"
#include "transport/messages.h"

namespace node {

class Lasting {
 public:
  Lasting(process::Services& services, process::Limits& limits) : services_(services), limits_(limits) {}

  // A part of a plan begins; parts of one plan have one number.
  void note(const transport::Setup& part);
  // The last part of that plan has succeeded.
  void plan_done();

 private:
  process::Services& services_;
  process::Limits& limits_;
  std::uint64_t plan_ = 0;
  std::set<std::string> named_;     // services
  std::set<std::uint8_t> limited_;  // resources
};

}  // namespace node
