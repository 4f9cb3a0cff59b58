// metrics: what nodemaster counts.
#include <variant>

#include "frontend/nodectl/metrics_text.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {

int run_metrics(Context& context, const MetricsOptions&) {
  Exchange exchange(context);
  const auto on_reply = [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::MetricsReply>(&message);
    if (reply == nullptr) return;
    context.output.write(context.json ? metrics_json(reply->entries) : metrics_text(reply->entries));
    exchange.finish(0);
  };
  return exchange.run(transport::MetricsRequest{}, on_reply, [&] { exchange.finish(0); });
}

}  // namespace frontend
