// rsh: one command on one node, asked for as with ssh. Launchers of parallel programs (mpiexec) start their daemons so.
#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "frontend/common/find_program.h"
#include "frontend/nodectl/environment.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/rsh_line.h"
#include "frontend/nodectl/verbs.h"
#include "sys/accounts.h"
#include "sys/environment.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using transport::NodeStatus;

bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == host.npos && std::count(host.begin(), host.end(), '.') == 3;
}

// Processes run as who asks for them.
sys::Status check_user(const std::string& user) {
  if (user.empty()) return {};
  const auto wanted = sys::find_user(user);
  if (!wanted) return tl::unexpected(wanted.error());
  if (*wanted && **wanted == sys::own_user()) return {};
  return sys::refusal(
      cat("rsh: not as user ", user, ": processes run as who starts them, ", sys::user_name(sys::own_user())));
}

// The nodes that `host` may stand for; nothing when nodemaster does not say, and it has been said why.
std::optional<std::vector<NodeStatus>> ask_for(Context& context, const std::string& host) {
  std::vector<NodeStatus> found;
  Exchange exchange(context);
  const auto on_reply = [&](transport::Message& message) {
    if (auto* reply = std::get_if<transport::StatusReply>(&message)) found = std::move(reply->nodes);
    exchange.finish(0);
  };
  const transport::StatusRequest request{is_address(host) ? "all" : host};
  if (exchange.run(request, on_reply, [&] { exchange.finish(0); }) != 0) return std::nullopt;
  if (is_address(host))
    std::erase_if(found, [&](const NodeStatus& node) { return sys::format_ip(node.address) != host; });
  return found;
}

bool is_program(const std::string& word) {
  const Environment own = sys::environment();
  // What a path leads to is for `run` to say, and why it cannot be run.
  return word.find('/') != word.npos ||
         find_program(word, "/", value_of(own, "PATH").value_or(default_search_path)).has_value();
}

std::nullopt_t refuse(Context& context, std::string_view why) {
  complain(context, why);
  return std::nullopt;
}

}  // namespace

std::optional<RunOptions> run_options_of(Context& context, const RshOptions& options) {
  const auto line = parse_rsh_line(options.words);
  if (!line) return refuse(context, line.error().what);
  if (const auto status = check_user(line->user); !status) return refuse(context, status.error().what);
  const auto nodes = ask_for(context, line->host);
  if (!nodes) return std::nullopt;
  if (nodes->size() != 1)
    return refuse(context, cat("rsh: ", line->host, nodes->empty() ? " is no node" : " is more than one node"));
  RunOptions run;
  run.nodes = cat(nodes->front().node);
  run.command = rsh_arguments(line->command, is_program);
  if (line->no_input) run.input = transport::no_rank;
  return run;
}

int run_rsh(Context& context, const RshOptions& options) {
  const auto run = run_options_of(context, options);
  return run ? run_run(context, *run) : exit_rsh_failure;
}

}  // namespace frontend
