// kill: like kill(1), silent when all went well. One request for each target.
#include <algorithm>
#include <variant>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint64_t last_pid = 1u << 22;

// "n3:4711", "4711"; an error is what is wrong with it.
sys::Result<transport::KillRequest> parse_target(const std::string& text) {
  const auto colon = text.rfind(':');
  const std::string_view digits = std::string_view(text).substr(colon == text.npos ? 0 : colon + 1);
  const auto pid = sys::parse_number(digits, 1, last_pid);
  if (!pid || colon == 0) return sys::refusal(sys::cat("'", text, "' is no process; write PID or NODES:PID"));
  return transport::KillRequest{.pid = static_cast<std::int32_t>(*pid),
                                .nodes = colon == text.npos ? "" : text.substr(0, colon)};
}

sys::Result<std::vector<transport::KillRequest>> make_requests(const KillOptions& options) {
  if (options.job == 0 && options.targets.empty()) return sys::refusal("kill: which processes, or --job which?");
  if (options.job != 0 && options.targets.size() > 1) return sys::refusal("kill: of a job, nodes are one set: 0-3,7");
  std::vector<transport::KillRequest> all;
  if (options.job != 0)
    all.push_back({.job = options.job, .nodes = options.targets.empty() ? "" : options.targets.front()});
  for (const std::string& target : options.targets) {
    if (options.job != 0) break;
    auto request = parse_target(target);
    if (!request) return tl::unexpected(request.error());
    all.push_back(*std::move(request));
  }
  for (transport::KillRequest& request : all)
    request.signal = options.signal;
  return all;
}

int ask(Context& context, const transport::KillRequest& request) {
  Exchange exchange(context);
  int status = 0;
  const auto on_reply = [&](transport::Message& message) {
    const auto* result = std::get_if<transport::NodeResult>(&message);
    if (result == nullptr || result->succeeded) return;
    complain(context, sys::cat(result->name, ": ", result->reason));
    status = exit_failure;
  };
  return exchange.run(request, on_reply, [&] { exchange.finish(status); });
}

}  // namespace

int run_kill(Context& context, const KillOptions& options) {
  const auto requests = make_requests(options);
  if (!requests) {
    complain(context, requests.error().text());
    return exit_usage;
  }
  int status = 0;
  for (const transport::KillRequest& request : *requests)
    status = std::max(status, ask(context, request));
  return status;
}

}  // namespace frontend
