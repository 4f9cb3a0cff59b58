// boot-log: what nodes did from their first instruction on.
#include <variant>

#include "frontend/nodectl/boot_log_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {

int run_boot_log(Context& context, const BootLogOptions& options) {
  Exchange exchange(context);
  Json all = Json::array();
  bool first = true;
  const auto on_reply = [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::BootLogReply>(&message);
    if (reply == nullptr) return;
    if (context.json) {
      all.push_back(boot_log_json(reply->record));
    } else {
      context.output.write(sys::cat(first ? "" : "\n", boot_log_table(reply->record)));
    }
    first = false;
  };
  const auto on_done = [&] {
    if (context.json) context.output.write(json_listing(all));
    exchange.finish(0);
  };
  return exchange.run(transport::BootLogRequest{options.nodes}, on_reply, on_done);
}

}  // namespace frontend
