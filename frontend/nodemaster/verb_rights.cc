// RightsRequest, AvailabilityRequest: a NodeResult for each node, then Done. What has been changed is written down before
// it is said.
#include <algorithm>
#include <functional>

#include "frontend/common/octal_mode.h"
#include "frontend/nodemaster/node_changes.h"
#include "frontend/nodemaster/verb.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::NodeNumber;
using transport::NodeRight;

class ChangeVerb : public Verb {
 public:
  ChangeVerb(Desk& desk, Reply& reply) : desk_(desk), reply_(reply) {}

 protected:
  // `change` does what is asked of one node, or says why it is not to be done. `what`: that it makes of nodes.
  void change_each(const std::string& text, std::string_view what,
                   const std::function<sys::Status(const Node&)>& change) {
    const auto nodes = select_some(text, desk_.table, reply_);
    if (nodes.empty()) return;
    std::vector<transport::NodeResult> results;
    for (const NodeNumber number : nodes) {
      const Node& node = *desk_.table.find(number);
      const auto status = change(node);
      results.push_back({number, node.entry.name, bool(status), status ? "" : status.error().what});
    }
    const bool changed = std::ranges::any_of(results, &transport::NodeResult::succeeded);
    if (changed) reply_.note_change(sys::cat("makes nodes ", sys::printable(text, 64), " ", what));
    const auto saved = changed ? desk_.changes.save() : sys::Status();
    for (transport::NodeResult& result : results) {
      if (!saved && result.succeeded) spoil(result, saved.error());
      reply_.send(result);
    }
    reply_.finish(transport::Done{});
  }

  Desk& desk_;
  Reply& reply_;

 private:
  static void spoil(transport::NodeResult& result, const sys::Error& error) {
    result.succeeded = false;
    result.reason = sys::cat("done, but only until nodemaster ends: ", error.text());
  }
};

class RightsVerb final : public ChangeVerb {
 public:
  RightsVerb(transport::RightsRequest request, Desk& desk, Reply& reply)
      : ChangeVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    const std::uint32_t most = request_.right == NodeRight::mode ? 07777 : 0xfffffffe;
    if (request_.value > most) return reply_.fail(true, sys::cat("at most ", most, " is possible"));
    change_each(request_.nodes, what(), [this](const Node& node) { return change(node); });
  }

 private:
  std::string what() const {
    if (request_.right == NodeRight::mode) return sys::cat("have mode ", format_mode(request_.value));
    return sys::cat(request_.right == NodeRight::owner ? "have owner " : "have group ", request_.value);
  }

  // Who may change owner and group, the table of roles has decided.
  sys::Status change(const Node& node) {
    const Credentials caller = reply_.caller();
    const bool may = reply_.role() >= Role::admin || caller.uid == node.rights.owner;
    if (!may) {
      auto denied = sys::refusal(sys::cat("permission denied: 'chmod' is for the node's owner (uid ", node.rights.owner,
                                          "), admins and root (you are uid ", caller.uid, ")"));
      reply_.note_refused(denied.value().what);
      return denied;
    }
    desk_.changes.set_right(node.entry.number, request_.right, request_.value);
    return {};
  }

  const transport::RightsRequest request_;
};

class AvailabilityVerb final : public ChangeVerb {
 public:
  AvailabilityVerb(transport::AvailabilityRequest request, Desk& desk, Reply& reply)
      : ChangeVerb(desk, reply), request_(std::move(request)) {}

  void start() override {
    change_each(request_.nodes, request_.available ? "available" : "unavailable", [this](const Node& node) {
      desk_.changes.set_available(node.entry.number, request_.available);
      return sys::Status();
    });
  }

 private:
  const transport::AvailabilityRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_rights_verb(transport::RightsRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<RightsVerb>(std::move(request), desk, reply);
}

std::unique_ptr<Verb> make_availability_verb(transport::AvailabilityRequest request, Desk& desk, Reply& reply) {
  return std::make_unique<AvailabilityVerb>(std::move(request), desk, reply);
}

}  // namespace frontend
