// What nodes, front end and command say to each other, as plain values. docs/PROTOCOL.md is the document of
// record: meaning, order, sizes, numbers. The numbers are explicit, ranged by direction, and never reused:
//     1 -  99  node to front end        100 - 199  front end to node
//   200 - 249  command to front end     250 - 299  front end to command
// One header per direction holds them; this one is what to include. How they become bytes is transport/codec.h; the caps of
// every field are in transport/serialize.h.
#pragma once

#include <variant>

#include "transport/command_messages.h"
#include "transport/master_messages.h"
#include "transport/message_values.h"
#include "transport/node_messages.h"

namespace transport {

using Message =
    std::variant<Hello, BootRecord, StepReport, SetupDone, Pong, LogLines, Launched, ProcessEnd, ProcessState,
                 ServiceReport, ProcessList, HeldProcesses, KilledProcesses, JobProcesses, BulkHello, Fetch, StreamOutput, InputCredit, Welcome, Refused, Ping, Setup,
                 Launch, Signal, Power, ListProcesses, KillJob, Forget, Resize, KillProcess, Block, StreamCredit, StreamInput, StatusRequest,
                 WaitRequest, BootLogRequest, LogRequest, UpRequest, RunRequest, RunSignal, PowerRequest,
                 MetricsRequest, ServicesRequest, PlanRequest, RunGhosts, RunInput, PsRequest, KillRequest, RunCredit, RunAck,
                 RunAttach, RunResize, RightsRequest, AvailabilityRequest, RunProcessSignal, StatusReply,
                 BootLogReply, LogReply, NodeResult, RunStarted, RunOutput, RunEnd, Done, Failure, MetricsReply,
                 UpProgress, ServicesReply, PlanReply, RunState, RunGhostWanted, RunInputCredit, RunContact, RunProcesses, RunNotice, RunLaunched, PsReply>;

}  // namespace transport
