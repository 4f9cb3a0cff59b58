// The C functions of nodeinit.h: they turn values of ours into theirs, and no exception gets out.
#include "frontend/api/nodeinit.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "frontend/api/job_client.h"
#include "frontend/api/launch_request.h"
#include "frontend/common/paths.h"
#include "frontend/nodectl/exit_status.h"
#include "sys/environment.h"
#include "sys/overloaded.h"

using frontend::JobClient;

struct nodeinit {
  std::string socket;
  std::string error;
};

struct nodeinit_job {
  nodeinit* cluster;
  std::unique_ptr<JobClient> client;
  transport::RunStarted started;
  transport::Message current;  // what the pointers of the newest event point into
  int highest = 0;             // exit status so far
  bool over = false;
};

namespace {

constexpr int most_signal = 64;

// Also where there is no memory for the words.
void say(nodeinit& cluster, const char* words) noexcept {
  try {
    cluster.error = words;
  } catch (const std::exception&) {
    cluster.error.clear();
  }
}

void note(nodeinit& cluster, const sys::Error& error) {
  say(cluster, error.text().c_str());
  errno = error.code != 0 ? error.code : EPROTO;
}

// What `call` returns, or `failed` when it throws.
template <class Value, class Call> Value fenced(nodeinit& cluster, Value failed, Call call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    say(cluster, "no memory");
    errno = ENOMEM;
  } catch (const std::exception& error) {
    say(cluster, error.what());
    errno = EPROTO;
  }
  return failed;
}

// The answer to one question that one message answers.
template <class Answer> sys::Result<Answer> ask(JobClient& client, const transport::Message& question) {
  if (auto sent = client.send(question); !sent) return tl::unexpected(sent.error());
  auto message = client.next(std::nullopt);
  if (!message) return tl::unexpected(message.error());
  auto* answer = *message ? std::get_if<Answer>(&**message) : nullptr;
  if (!answer) return sys::failure(EPROTO, "nodemaster answered something else");
  return std::move(*answer);
}

nodeinit_node as_node(const transport::NodeStatus& status) {
  nodeinit_node node{};
  node.number = status.node;
  node.state = static_cast<nodeinit_state>(status.state);
  node.address = status.address;
  node.owner = status.owner;
  node.group = status.group;
  node.mode = status.mode;
  std::memcpy(node.name, status.name.data(), std::min(status.name.size(), sizeof node.name - 1));
  return node;
}

std::vector<std::string> words_of(char* const* words) {
  std::vector<std::string> all;
  for (; words && *words; ++words)
    all.emplace_back(*words);
  return all;
}

// Takes what the event says: credit for output, an acknowledgement for an end.
sys::Status acknowledge(nodeinit_job& job) {
  if (const auto* output = std::get_if<transport::RunOutput>(&job.current)) {
    return job.client->send(transport::RunCredit{output->rank, output->stream, output->offset + output->data.size()});
  }
  if (const auto* end = std::get_if<transport::RunEnd>(&job.current))
    return job.client->send(transport::RunAck{{end->rank}});
  return {};
}

// False: it is none that launchers hear of.
bool make_event(nodeinit_job& job, nodeinit_event& event) {
  event = {};
  event.reason = "";
  const auto fill =
      sys::Overloaded{[&](const transport::RunOutput& output) {
                        event.kind = NODEINIT_OUTPUT;
                        event.rank = output.rank;
                        event.stream = output.stream == transport::StreamName::error ? 2 : 1;
                        event.data = output.data.data();
                        event.size = output.data.size();
                        return true;
                      },
                      [&](const transport::RunLaunched& launched) {
                        event.kind = NODEINIT_STARTED;
                        event.rank = launched.rank;
                        event.pid = launched.pid;
                        return true;
                      },
                      [&](const transport::RunState& state) {
                        event.kind = NODEINIT_STATE;
                        event.rank = state.rank;
                        event.status = state.status;
                        return true;
                      },
                      [&](const transport::RunEnd& end) {
                        event.kind = NODEINIT_END;
                        event.rank = end.rank;
                        event.status = end.status;
                        event.code = end.started && end.reason.empty() ? 0 : (end.code != 0 ? end.code : EHOSTDOWN);
                        event.reason = end.reason.c_str();
                        job.highest = std::max(job.highest, frontend::exit_status_of(end));
                        return true;
                      },
                      [&](const transport::Done&) {
                        event.kind = NODEINIT_OVER;
                        job.over = true;
                        return true;
                      },
                      [](const auto&) { return false; }};
  const bool known = std::visit(fill, job.current);
  event.node = nodeinit_job_node(&job, event.rank);
  return known;
}

// How long a call may wait in all, however often it has to.
class Patience {
 public:
  explicit Patience(int timeout_ms)
      : limited_(timeout_ms >= 0), until_(clock_.now() + std::chrono::milliseconds(timeout_ms)) {}
  // Nothing: for ever.
  std::optional<sys::Duration> left() {
    if (!limited_) return std::nullopt;
    return std::max(until_ - clock_.now(), sys::Duration::zero());
  }

 private:
  sys::KernelClock clock_;
  bool limited_;
  sys::Instant until_;
};

int next_event(nodeinit_job& job, nodeinit_event& event, int timeout_ms) {
  if (job.over) {
    note(*job.cluster, {ECHILD, "the job is over"});
    return -1;
  }
  for (Patience patience(timeout_ms);;) {
    auto message = job.client->next(patience.left());
    if (!message) {
      note(*job.cluster, message.error());
      return -1;
    }
    if (!*message) return 0;
    job.current = std::move(**message);
    const bool known = make_event(job, event);
    if (const auto told = acknowledge(job); !told) note(*job.cluster, told.error());
    if (known) return 1;
  }
}

nodeinit_job* start_job(nodeinit& cluster, const frontend::LaunchSpec& spec) {
  const auto request = frontend::make_launch_request(spec);
  if (!request) return note(cluster, request.error()), nullptr;
  auto client = JobClient::connect(cluster.socket);
  if (!client) return note(cluster, client.error()), nullptr;
  auto started = ask<transport::RunStarted>(**client, *request);
  if (!started) return note(cluster, started.error()), nullptr;
  return new nodeinit_job{&cluster, std::move(*client), std::move(*started), transport::Done{}};
}

}  // namespace

nodeinit* nodeinit_open(const char* socket) {
  const char* const variable = std::getenv(frontend::control_socket_variable);
  const char* const usual = variable && *variable ? variable : frontend::default_control_socket;
  try {
    return new nodeinit{socket ? socket : usual, {}};
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return nullptr;
  }
}

void nodeinit_close(nodeinit* cluster) { delete cluster; }

const char* nodeinit_error(const nodeinit* cluster) { return cluster->error.c_str(); }

int nodeinit_nodes(nodeinit* cluster, const char* set, nodeinit_node* nodes, size_t room) {
  return fenced(*cluster, -1, [&] {
    auto client = JobClient::connect(cluster->socket);
    if (!client) return note(*cluster, client.error()), -1;
    const auto reply = ask<transport::StatusReply>(**client, transport::StatusRequest{set ? set : "all"});
    if (!reply) return note(*cluster, reply.error()), -1;
    const std::size_t count = reply->nodes.size();
    std::transform(reply->nodes.begin(), reply->nodes.begin() + static_cast<std::ptrdiff_t>(std::min(count, room)),
                   nodes, as_node);
    return static_cast<int>(count);
  });
}

nodeinit_job* nodeinit_vexecmove(nodeinit* cluster, const uint32_t* nodes, size_t count, const char* program,
                                 char* const arguments[], char* const environment[]) {
  return fenced(*cluster, static_cast<nodeinit_job*>(nullptr), [&]() -> nodeinit_job* {
    frontend::LaunchSpec spec{.nodes = {nodes, nodes + count},
                              .program = program,
                              .arguments = words_of(arguments),
                              .environment = environment ? words_of(environment) : sys::environment()};
    std::sort(spec.nodes.begin(), spec.nodes.end());
    const bool twice = std::adjacent_find(spec.nodes.begin(), spec.nodes.end()) != spec.nodes.end();
    if (spec.nodes.empty() || twice || spec.arguments.empty()) {
      note(*cluster, {EINVAL, "start a program: each node once, at least one, and arguments with the program's name"});
      return nullptr;
    }
    return start_job(*cluster, spec);
  });
}

uint32_t nodeinit_job_ranks(const nodeinit_job* job) { return static_cast<uint32_t>(job->started.nodes.size()); }

uint32_t nodeinit_job_node(const nodeinit_job* job, uint32_t rank) {
  return rank < job->started.nodes.size() ? job->started.nodes[rank] : UINT32_MAX;
}

int nodeinit_job_fd(const nodeinit_job* job) { return job->client->fd(); }

int nodeinit_job_next(nodeinit_job* job, nodeinit_event* event, int timeout_ms) {
  return fenced(*job->cluster, -1, [&] { return next_event(*job, *event, timeout_ms); });
}

int nodeinit_job_signal(nodeinit_job* job, uint32_t rank, int signal) {
  return fenced(*job->cluster, -1, [&] {
    const auto refuse = [job](int code, const char* why) { return note(*job->cluster, {code, why}), -1; };
    if (signal < 1 || signal > most_signal) return refuse(EINVAL, "signal a rank: there is no such signal");
    if (rank != NODEINIT_ALL_RANKS && rank >= nodeinit_job_ranks(job))
      return refuse(EINVAL, "signal a rank: there is no such rank");
    if (job->over) return refuse(ESRCH, "signal a rank: the job is over");
    const auto sent = job->client->send(transport::RunSignal{.signal = signal, .rank = rank});
    if (!sent) note(*job->cluster, sent.error());
    return sent ? 0 : -1;
  });
}

int nodeinit_job_wait(nodeinit_job* job) {
  nodeinit_event event;
  while (!job->over) {
    if (nodeinit_job_next(job, &event, -1) < 0) return -1;
  }
  return job->highest;
}

void nodeinit_job_close(nodeinit_job* job) { delete job; }
