// log: the log lines of nodes, those that the front end holds and, followed, those that come.
#include <variant>

#include "frontend/nodectl/log_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {

int run_log(Context& context, const LogOptions& options) {
  Exchange exchange(context);
  const auto on_reply = [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::LogReply>(&message);
    if (reply == nullptr) return;
    if (reply->lost > 0) complain(context, sys::cat(reply->name, ": ", reply->lost, " older lines are lost"));
    context.output.write(context.json ? log_json(*reply) : log_text(*reply));
  };
  const transport::LogRequest request{options.nodes, options.follow};
  return exchange.run(request, on_reply, [&] { exchange.finish(0); });
}

}  // namespace frontend
