// chown, chgrp, chmod, set: who may start processes on nodes, and whether anybody may.
#include <functional>

#include "frontend/common/octal_mode.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/node_results.h"
#include "frontend/nodectl/verbs.h"
#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeRight;

sys::FoundId find_mode(const std::string& text) { return parse_mode(text); }

struct Kind {
  NodeRight right;
  const char* name;
  std::function<sys::FoundId(const std::string&)> find;
};

const Kind& kind_of(NodeRight right) {
  static const Kind kinds[] = {{NodeRight::owner, "user", sys::find_user_or_id},
                               {NodeRight::group, "group", sys::find_group_or_id},
                               {NodeRight::mode, "octal mode", find_mode}};
  return kinds[static_cast<std::size_t>(right)];
}

}  // namespace

int run_rights(Context& context, const RightsOptions& options) {
  const Kind& kind = kind_of(options.right);
  const auto value = kind.find(options.value);
  if (!value || !*value) {
    complain(context, value ? sys::cat("there is no ", kind.name, " '", options.value, "'") : value.error().text());
    return exit_usage;
  }
  return ask_each(context, transport::RightsRequest{options.nodes, options.right, **value},
                  sys::cat(kind.name, " ", options.value));
}

int run_availability(Context& context, const AvailabilityOptions& options) {
  return ask_each(context, transport::AvailabilityRequest{options.nodes, options.state == "available"}, options.state);
}

}  // namespace frontend
