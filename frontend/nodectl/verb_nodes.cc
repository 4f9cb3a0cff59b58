// up, reboot, poweroff: something is asked of each node and answered node by node.
#include <variant>

#include "frontend/nodectl/node_results.h"
#include "frontend/nodectl/up_view.h"
#include "frontend/nodectl/verbs.h"

namespace frontend {
int run_up(Context& context, const UpOptions& options) {
  if (options.follow) return UpView(context).run(options);
  return ask_each(context, transport::UpRequest{options.nodes, false}, "up");
}

int run_power(Context& context, const PowerOptions& options) {
  const bool restart = options.change == transport::PowerChange::restart;
  return ask_each(context, transport::PowerRequest{options.nodes, options.change}, restart ? "restarts" : "powers off");
}

}  // namespace frontend
