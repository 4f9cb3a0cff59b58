#include "frontend/nodemaster/daemon.h"

#include "frontend/nodemaster/check_configuration.h"
#include "frontend/nodemaster/config_readers.h"
#include "sys/limits.h"
#include "sys/overloaded.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint64_t wanted_files = 1u << 16;  // two connections for each node, and room
constexpr sys::Duration check_deadline = std::chrono::minutes(1);

Heartbeat heartbeat_of(const Configuration& configuration) {
  return {configuration.ping_interval, configuration.silence_limit};
}

// A problem as a line from the worker that has found it: its weight is the first character.
constexpr char error_mark = '!';
constexpr char warning_mark = '?';

std::string marked(const Problem& problem) {
  return sys::cat(problem.weight == Weight::error ? error_mark : warning_mark, problem.text(), '\n');
}

// Why a worker has not said what is wrong with the configuration.
std::string trouble_of(const sys::WorkerResult& result) {
  if (result.end != sys::WorkerEnd::exited)
    return sys::cat("not done after ", check_deadline / std::chrono::seconds(1), " s");
  if (result.output_overflow) return "more is wrong with it than can be said";
  return sys::describe_status(result.exit.status);
}

// Other numbers after each start, as nodes may run processes of earlier jobs; short enough to be typed.
std::uint64_t first_job(std::uint64_t random) { return (random & 0xffffffff) | 1; }

// What cannot change under way: sockets are bound to it.
bool same_place(const Configuration& a, const Configuration& b) {
  return a.interface == b.interface && a.address == b.address && a.port == b.port && a.rarp == b.rarp &&
         a.control_socket == b.control_socket && a.state == b.state;
}

}  // namespace

Daemon::Daemon(const MasterSystem& system, Configuration configuration, std::string path)
    : system_(system),
      configuration_(std::move(configuration)),
      path_(std::move(path)),
      table_(system.loop.clock(), system.log),
      changes_(system.log, system.files, table_, configuration_.state),
      unknown_(system.loop.clock(), system.log, table_),
      sessions_(
          system.loop, system.log, table_, unknown_, store_, counters_, [this] { return system_.machine.random(); },
          heartbeat_of(configuration_), *this),
      plans_(system.loop, system.workers, store_),
      programs_(system.loop, system.spawner, system.children),
      node_programs_(system.loop, system.log, logs_, counters_, programs_),
      down_hooks_(system.log, system.files, table_, node_programs_),
      node_up_(system.loop, system.log, system.files, table_, sessions_, plans_, node_programs_, down_hooks_),
      inquiry_(system.workers, system.files, table_, path_),
      jobs_(system.loop, table_, sessions_, store_, first_job(system.machine.random())),
      questions_(system.loop, sessions_),
      listener_(system.loop, system.sockets, system.log, table_, sessions_, counters_,
                [this](std::span<std::uint8_t> bytes) { return system_.machine.random_key(bytes); }),
      bulk_lines_(system.loop.clock(), 30, std::chrono::minutes(1)),
      control_(system.loop, system.log,
               {system.loop, table_, logs_, services_, sessions_, plans_, node_up_, inquiry_, jobs_, questions_,
                listener_, counters_, changes_, system.workers, configuration_.admin_group}) {
  table_.configure(configuration_.nodes);
  changes_.load();
  changes_.apply();
  configure(configuration_);
  listener_.set_keys(configuration_.keys);
  if (!configuration_.rarp) return;
  rarp_ = std::make_unique<RarpResponder>(system.loop, system.links, system.packets, system.log, table_, unknown_,
                                          configuration_.interface, configuration_.address);
}

sys::Status Daemon::start() {
  const auto files = sys::raise_open_files(wanted_files);
  if (!files) return tl::make_unexpected(files.error());
  if (*files < 3 * configuration_.nodes.size()) {
    system_.log.warning("only ", *files, " files may be open at once: too few for ", configuration_.nodes.size(),
                        " nodes; raise the limit (ulimit -n)");
  }
  const std::string& socket = configuration_.control_socket;
  if (auto status = system_.files.make_directories(folder_of(socket)); !status) return status;
  if (auto status = control_.start(system_.sockets, socket); !status) return status;
  system_.log.notice("cluster ", summary_of(configuration_), "; commands on ", socket);
  const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(configuration_.silence_limit).count();
  listener_.start({configuration_.address, configuration_.port}, static_cast<unsigned>(silence));
  if (rarp_) rarp_->start();
  return {};
}

// Of the plan and the hooks.
void Daemon::configure(const Configuration& configuration) {
  plans_.set_plan(configuration.plan);
  inquiry_.configure(configuration.plan, configuration.hooks);
  node_up_.set_limit(configuration.plan_limit);
  node_up_.set_hooks(configuration.hooks);
  down_hooks_.configure(configuration.hooks);
  programs_.set_at_once(configuration.hooks.at_once);
  jobs_.set_patience({.contact = configuration.node_grace});
  sessions_.set_away(configuration.away);
}

void Daemon::end() {
  const LocalPrograms::Left left = programs_.end();
  for (const std::string& title : left.killed)
    system_.log.notice(title, ": killed, as nodemaster ends");
  for (const std::string& title : left.dropped)
    system_.log.notice(title, ": not run, as nodemaster ends");
}

void Daemon::on_joined(transport::NodeNumber number) {
  const Node& node = *table_.find(number);
  system_.log.info(node.entry.name, ": joined from ", sys::format_ip(node.hello.address),
                   ", address requests: ", node.hello.address_requests, ", nodeinit ",
                   sys::printable(node.hello.program_version), ", Linux ", sys::printable(node.hello.kernel_release),
                   " ", sys::printable(node.hello.architecture));
  if (node.set_up_in != node.hello.boot_id) return node_up_.begin(number);
  // Nothing has changed on the node; but hooks have told others that it was gone.
  if (down_hooks_.owes_greeting(number)) return node_up_.greet(number);
  table_.set_state(number, transport::NodeState::up, "");
}

void Daemon::on_node_message(transport::NodeNumber node, transport::Message message) {
  if (!table_.find(node)) return;  // dismissed, and not gone yet
  std::visit(sys::Overloaded{[&](const transport::BootRecord& news) { table_.add_record(node, news); },
                             [&](const transport::StepReport& report) { node_up_.on_report(node, report); },
                             [&](const transport::SetupDone& done) { node_up_.on_done(node, done); },
                             [&](const transport::Pong& pong) { table_.set_usage(node, pong.usage); },
                             [&](transport::LogLines& lines) {
                               logs_.add(node, table_.find(node)->hello.boot_id, std::move(lines));
                             },
                             [&](const transport::ServiceReport& report) { on_service(node, report.status); },
                             [&](const transport::Launched& launched) { jobs_.on_message(node, launched); },
                             [&](const transport::ProcessEnd& end) { jobs_.on_message(node, end); },
                             [&](const transport::ProcessState& state) { jobs_.on_message(node, state); },
                             [&](transport::StreamOutput& output) { jobs_.on_message(node, std::move(output)); },
                             [&](transport::HeldProcesses& held) { jobs_.on_message(node, std::move(held)); },
                             [&](transport::JobProcesses& all) { jobs_.on_message(node, std::move(all)); },
                             [&](const transport::InputCredit& credit) { jobs_.on_message(node, credit); },
                             [&](const auto& other) {
                               system_.log.debug("message ", other.number, " of node ", node, " is of no use here");
                             }},
             message);
}

void Daemon::on_node_answer(transport::NodeNumber node, std::uint64_t request, transport::Message message) {
  questions_.on_answer(node, request, std::move(message));
}

// What was under way on it comes once more on the next one.
void Daemon::on_bulk_lost(transport::NodeNumber node, const std::string& reason) {
  const Node* const known = table_.find(node);
  if (known == nullptr || bulk_lines_.ask() == RateLimit::Verdict::keep_quiet) return;
  system_.log.info(known->entry.name, ": bulk connection lost: ", reason);
}

void Daemon::on_service(transport::NodeNumber node, const transport::ServiceStatus& status) {
  if (services_.set(node, status)) return;
  system_.log.debug("service ", sys::printable(status.name), " of node ", node, " is one too many to be kept");
}

void Daemon::on_lost(transport::NodeNumber node, const std::string& reason) {
  services_.forget(node);
  node_up_.cancel(node);
  table_.set_state(node, transport::NodeState::down, reason);
  jobs_.on_node_lost(node, reason);
  questions_.on_node_lost(node, reason);
}

void Daemon::reload() {
  if (check_ != 0) return;
  sys::WorkerSpec spec{.name = "checking the configuration", .deadline = check_deadline};
  spec.work = [this](sys::WorkerOutput& output) {
    const CheckResult result = check_configuration(system_.files, path_);
    for (const Problem& problem : result.problems) {
      const std::string line = marked(problem);
      if (!output.write(line.data(), line.size())) return 1;
    }
    return result.good ? 0 : 1;
  };
  const auto worker =
      system_.workers.start(std::move(spec), [this](const sys::WorkerResult& result) { on_checked(result); });
  if (!worker) return system_.log.error("cannot read the configuration again: ", worker.error().text());
  check_ = *worker;
}

void Daemon::on_checked(const sys::WorkerResult& result) {
  check_ = 0;
  const std::string_view report(reinterpret_cast<const char*>(result.output.data()), result.output.size());
  for (const std::string_view line : sys::split(report, '\n')) {
    if (line.empty()) continue;
    system_.log.write(line.front() == error_mark ? sys::Severity::error : sys::Severity::warning, line.substr(1));
  }
  if (!result.succeeded() && report.empty()) system_.log.error("reading the configuration again: ", trouble_of(result));
  Problems problems;
  if (result.succeeded()) {
    Configuration fresh = load_configuration(system_.files, path_, problems);
    if (!problems.errors()) return take_over(std::move(fresh));
  }
  system_.log.error("the configuration is not good; the old one stays in force");
}

void Daemon::take_over(Configuration fresh) {
  if (!same_place(configuration_, fresh)) {
    system_.log.warning("[front_end] has changed: restart nodemaster to make that true");
  }
  for (const transport::NodeNumber gone : table_.configure(fresh.nodes)) {
    services_.forget(gone);
    node_up_.cancel(gone);
    jobs_.on_node_gone(gone, "no more in the configuration");
    sessions_.dismiss(gone, "this node is no more in the front end's configuration");
  }
  changes_.apply();
  configure(fresh);
  listener_.set_keys(fresh.keys);
  sessions_.set_heartbeat(heartbeat_of(fresh));
  control_.set_admins(fresh.admin_group);
  configuration_ = std::move(fresh);
  system_.log.notice("took over ", summary_of(configuration_));
}

}  // namespace frontend
