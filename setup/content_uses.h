// Which contents a plan still needs: what nobody needs any more is memory for nothing, and may be moved to its place
// instead of being copied. What programs of the plan need, in whichever of its parts, and services that are in force, stays:
// it is placed again when they are started again.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "transport/messages.h"

namespace setup {

class ContentUses {
 public:
  using Hashes = std::set<transport::ContentHash>;

  // A part of a plan begins; parts of one plan have one number. `in_force`: what services need.
  void begin(const transport::Setup& part, Hashes in_force);
  // The part is over. What no program needs, whatever of it has been carried out.
  std::vector<transport::ContentHash> end();

  // Only the step that asks needs it.
  bool is_spare(const transport::ContentHash& hash) const;
  // The step is over. What nobody needs any more.
  std::vector<transport::ContentHash> release(const transport::Step& step);

 private:
  bool is_kept(const transport::ContentHash& hash) const;

  std::uint64_t plan_ = 0;
  Hashes programs_;  // contents of programs of this plan, up to this part
  Hashes in_force_;
  std::map<transport::ContentHash, unsigned> steps_;  // that copy or move it, and are not over
};

}  // namespace setup
