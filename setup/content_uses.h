// Which contents a plan still needs: what nobody needs any more is memory for nothing, and may be moved to its place
// instead of being copied.
#pragma once

#include <map>
#include <vector>

#include "transport/messages.h"

namespace setup {

class ContentUses {
 public:
  ContentUses() = default;
  explicit ContentUses(const std::vector<transport::Step>& steps);

  // Only the step that asks needs it.
  bool is_spare(const transport::ContentHash& hash) const;
  // The step is over. What nobody needs any more.
  std::vector<transport::ContentHash> release(const transport::Step& step);
  // What no program of the plan needs, whatever is over.
  std::vector<transport::ContentHash> rest() const;

 private:
  struct Use {
    unsigned steps = 0;
    bool kept = false;  // by a program: it is placed when it is started again
  };
  std::map<transport::ContentHash, Use> uses_;
};

}  // namespace setup
