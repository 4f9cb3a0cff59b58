#include <algorithm>
#include <utility>

#include "network/finder.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace network {
namespace {

// An address from the configuration: all there is to find is a link that works.
class FixedFinder final : public Finder {
 public:
  explicit FixedFinder(FinderParts parts) : options_(parts.options) {}

  std::vector<Answer> ask(std::vector<Candidate>& candidates) override {
    const Candidate* chosen = choose(candidates);
    if (chosen == nullptr) return {};
    return {Answer{.link = chosen->link,
                   .address = options_.address,
                   .origin = sys::cat("static address on ", chosen->link.name)}};
  }

  std::uint32_t requests() const override { return 0; }

  std::string trouble(const std::string& names) const override {
    return sys::cat("no link is ready for the static address ", sys::format_ip(options_.address), ": ", names);
  }

 private:
  // The first that works; a link that was named is taken as it is if none does: its driver may not know its carrier.
  const Candidate* choose(const std::vector<Candidate>& candidates) const {
    auto works = std::find_if(candidates.begin(), candidates.end(),
                              [](const Candidate& candidate) { return candidate.link_problem.empty(); });
    if (works != candidates.end()) return &*works;
    return options_.interfaces.empty() || candidates.empty() ? nullptr : &candidates.front();
  }

  const DiscoveryOptions& options_;
};

}  // namespace

std::unique_ptr<Finder> make_fixed_finder(FinderParts parts) { return std::make_unique<FixedFinder>(std::move(parts)); }

}  // namespace network
