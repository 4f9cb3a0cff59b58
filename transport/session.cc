#include "transport/session.h"

#include <string>
#include <string_view>

#include "sys/text.h"
#include "transport/codec.h"
#include "transport/messages.h"

namespace transport {

namespace {

struct Row {
  std::uint16_t number;
  Side sender;
  ConnectionKind kind;
  SessionState state;
};

constexpr auto node = Side::node;
constexpr auto front_end = Side::front_end;
constexpr auto command = Side::command;
constexpr auto greeting = SessionState::greeting;
constexpr auto joined = SessionState::joined;

constexpr Row table[] = {
    {Hello::number, node, ConnectionKind::control, greeting},
    {BootRecord::number, node, ConnectionKind::control, joined},
    {StepReport::number, node, ConnectionKind::control, joined},
    {SetupDone::number, node, ConnectionKind::control, joined},
    {Pong::number, node, ConnectionKind::control, joined},
    {LogLines::number, node, ConnectionKind::control, joined},
    {Launched::number, node, ConnectionKind::control, joined},
    {ProcessEnd::number, node, ConnectionKind::control, joined},
    {ProcessState::number, node, ConnectionKind::control, joined},
    {ServiceReport::number, node, ConnectionKind::control, joined},
    {ProcessList::number, node, ConnectionKind::control, joined},
    {HeldProcesses::number, node, ConnectionKind::control, joined},
    {KilledProcesses::number, node, ConnectionKind::control, joined},
    {JobProcesses::number, node, ConnectionKind::control, joined},

    {BulkHello::number, node, ConnectionKind::bulk, greeting},
    {Fetch::number, node, ConnectionKind::bulk, joined},
    {StreamOutput::number, node, ConnectionKind::bulk, joined},
    {InputCredit::number, node, ConnectionKind::bulk, joined},

    {Welcome::number, front_end, ConnectionKind::control, greeting},
    {Refused::number, front_end, ConnectionKind::control, greeting},
    {Refused::number, front_end, ConnectionKind::control, joined},
    {Ping::number, front_end, ConnectionKind::control, joined},
    {Setup::number, front_end, ConnectionKind::control, joined},
    {Launch::number, front_end, ConnectionKind::control, joined},
    {Signal::number, front_end, ConnectionKind::control, joined},
    {Power::number, front_end, ConnectionKind::control, joined},
    {ListProcesses::number, front_end, ConnectionKind::control, joined},
    {KillJob::number, front_end, ConnectionKind::control, joined},
    {Forget::number, front_end, ConnectionKind::control, joined},
    {Resize::number, front_end, ConnectionKind::control, joined},
    {KillProcess::number, front_end, ConnectionKind::control, joined},

    {Refused::number, front_end, ConnectionKind::bulk, greeting},
    {Refused::number, front_end, ConnectionKind::bulk, joined},
    {Block::number, front_end, ConnectionKind::bulk, joined},
    {StreamCredit::number, front_end, ConnectionKind::bulk, joined},
    {StreamInput::number, front_end, ConnectionKind::bulk, joined},

    {StatusRequest::number, command, ConnectionKind::command, joined},
    {WaitRequest::number, command, ConnectionKind::command, joined},
    {BootLogRequest::number, command, ConnectionKind::command, joined},
    {LogRequest::number, command, ConnectionKind::command, joined},
    {UpRequest::number, command, ConnectionKind::command, joined},
    {RunRequest::number, command, ConnectionKind::command, joined},
    {RunSignal::number, command, ConnectionKind::command, joined},
    {PowerRequest::number, command, ConnectionKind::command, joined},
    {MetricsRequest::number, command, ConnectionKind::command, joined},
    {ServicesRequest::number, command, ConnectionKind::command, joined},
    {PlanRequest::number, command, ConnectionKind::command, joined},
    {RunGhosts::number, command, ConnectionKind::command, joined},
    {RunInput::number, command, ConnectionKind::command, joined},
    {PsRequest::number, command, ConnectionKind::command, joined},
    {KillRequest::number, command, ConnectionKind::command, joined},
    {RunCredit::number, command, ConnectionKind::command, joined},
    {RunAck::number, command, ConnectionKind::command, joined},
    {RunAttach::number, command, ConnectionKind::command, joined},
    {RunResize::number, command, ConnectionKind::command, joined},
    {RightsRequest::number, command, ConnectionKind::command, joined},
    {AvailabilityRequest::number, command, ConnectionKind::command, joined},
    {RunProcessSignal::number, command, ConnectionKind::command, joined},

    {StatusReply::number, front_end, ConnectionKind::command, joined},
    {BootLogReply::number, front_end, ConnectionKind::command, joined},
    {LogReply::number, front_end, ConnectionKind::command, joined},
    {NodeResult::number, front_end, ConnectionKind::command, joined},
    {RunStarted::number, front_end, ConnectionKind::command, joined},
    {RunOutput::number, front_end, ConnectionKind::command, joined},
    {RunEnd::number, front_end, ConnectionKind::command, joined},
    {Done::number, front_end, ConnectionKind::command, joined},
    {Failure::number, front_end, ConnectionKind::command, joined},
    {MetricsReply::number, front_end, ConnectionKind::command, joined},
    {UpProgress::number, front_end, ConnectionKind::command, joined},
    {ServicesReply::number, front_end, ConnectionKind::command, joined},
    {PlanReply::number, front_end, ConnectionKind::command, joined},
    {RunState::number, front_end, ConnectionKind::command, joined},
    {RunGhostWanted::number, front_end, ConnectionKind::command, joined},
    {RunInputCredit::number, front_end, ConnectionKind::command, joined},
    {RunContact::number, front_end, ConnectionKind::command, joined},
    {RunProcesses::number, front_end, ConnectionKind::command, joined},
    {RunNotice::number, front_end, ConnectionKind::command, joined},
    {RunLaunched::number, front_end, ConnectionKind::command, joined},
    {PsReply::number, front_end, ConnectionKind::command, joined},
};

bool same_kind(const Row& row, ConnectionKind kind) { return kind == ConnectionKind::unknown || row.kind == kind; }

std::string_view name_of(Side side) {
  constexpr std::string_view names[] = {"a node", "the front end", "a command"};
  return names[static_cast<std::size_t>(side)];
}

std::string_view name_of(ConnectionKind kind) {
  constexpr std::string_view names[] = {"new", "control", "bulk", "command"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(SessionState state) { return state == greeting ? "before the welcome" : "after the welcome"; }

template <class... T> constexpr bool every_message_is_listed(const std::variant<T...>*) {
  const auto listed = [](std::uint16_t number) {
    for (const Row& row : table) {
      if (row.number == number) return true;
    }
    return false;
  };
  return (listed(T::number) && ...);
}
static_assert(every_message_is_listed(static_cast<Message*>(nullptr)), "a message that nobody may ever send");

}  // namespace

sys::Status check_legal(std::uint16_t number, Side sender, ConnectionKind kind, SessionState state) {
  // How far the closest row agrees: sender, then kind, then state.
  int agreement = 0;
  for (const Row& row : table) {
    if (row.number != number || row.sender != sender) continue;
    const int here = !same_kind(row, kind) ? 1 : row.state != state ? 2 : 3;
    if (here > agreement) agreement = here;
  }
  if (agreement == 3) return {};
  const std::string subject = sys::cat(name_of_number(number), " may not be sent ");
  switch (agreement) {
    case 0:
      return sys::refusal(sys::cat(subject, "by ", name_of(sender)));
    case 1:
      return sys::refusal(sys::cat(subject, "on a ", name_of(kind), " connection"));
    default:
      return sys::refusal(sys::cat(subject, name_of(state)));
  }
}

}  // namespace transport
