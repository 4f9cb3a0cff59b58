// The links on which an address is looked for: every Ethernet link, or those that the configuration names.
#pragma once

#include <string>
#include <vector>

#include "sys/links.h"

namespace network {

struct Candidate {
  sys::Link link;
  std::string link_problem;  // why it can carry nothing now; empty: it can
  std::string ask_problem;   // why nothing could be asked on it the last time; the finder's to set
};

class Candidates {
 public:
  Candidates(sys::Links& links, std::vector<std::string> wanted);

  // Takes in the links as they are now and brings up those that are down. True when one can carry questions that
  // could not before: it is worth asking at once.
  bool update(const std::vector<sys::Link>& found);

  // In the order of the configuration, else in the kernel's.
  std::vector<Candidate>& all() { return candidates_; }
  std::string names() const;     // "eth0, eth1"
  std::string problems() const;  // "eth1: no carrier; eth2: does not exist"; empty when there are none
  std::string absence() const;   // why there is no candidate at all

 private:
  std::vector<const sys::Link*> choose(const std::vector<sys::Link>& found);
  // Takes in one link; true when it can carry questions that it could not before.
  bool adopt(const sys::Link& link, const Candidate* before);

  sys::Links& links_;
  std::vector<std::string> wanted_;
  std::vector<std::string> missing_;  // wanted, but not there
  std::vector<Candidate> candidates_;
};

}  // namespace network
