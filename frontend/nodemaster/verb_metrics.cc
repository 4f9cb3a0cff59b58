// MetricsRequest: one MetricsReply, final by itself.
#include "frontend/nodemaster/metrics.h"
#include "frontend/nodemaster/verb.h"

namespace frontend {
namespace {

class MetricsVerb final : public Verb {
 public:
  MetricsVerb(const Desk& desk, Reply& reply) : desk_(desk), reply_(reply) {}
  void start() override { reply_.finish(transport::MetricsReply{metrics_of(desk_)}); }

 private:
  const Desk& desk_;
  Reply& reply_;
};

}  // namespace

std::unique_ptr<Verb> make_metrics_verb(Desk& desk, Reply& reply) { return std::make_unique<MetricsVerb>(desk, reply); }

}  // namespace frontend
