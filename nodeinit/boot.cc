#include "nodeinit/boot.h"

#include <csignal>
#include <utility>

#include "nodeinit/emergency.h"
#include "nodeinit/records.h"
#include "nodeinit_version.h"
#include "sys/text.h"

namespace node {

namespace {

using transport::Outcome;

constexpr char settings_path[] = "/etc/nodeinit.toml";
constexpr std::size_t max_command_line = 16u << 10;  // bytes
constexpr sys::Duration modules_deadline = std::chrono::seconds(60);

template <class T> void append(std::vector<T>& all, std::vector<T> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string describe(const network::Found& found) {
  const std::string effort = found.requests == 0
                                 ? std::string()
                                 : sys::cat(", after ", found.requests, found.requests == 1 ? " request" : " requests");
  return sys::cat(sys::format_ip(found.address), "/", found.prefix, " on ", found.link.name, ", front end ",
                  sys::format_ip(found.front_end), effort);
}

}  // namespace

Boot::Boot(const System& system, LogSinks& sinks, BootRecord& record, const Life& life, Hooks hooks)
    : system_(system), sinks_(sinks), log_(sinks.log), record_(record), life_(life), hooks_(std::move(hooks)) {}

void Boot::start() {
  record_.enter_phase("start");
  prepare_base();
  const sys::MachineFacts facts = system_.machine.facts();
  log_.notice("nodeinit ", NODEINIT_VERSION, " on Linux ", facts.kernel_release, " ", facts.architecture,
              life_.in_container ? ", in a container" : "");
  if (life_.restarts > 0) end_former_life();
  read_settings_file(system_.files, system_.workers, settings_path,
                     [this](const FileSettings& file) { configure(file); });
}

void Boot::prepare_base() {
  report(life_.proc);
  for (const BaseAction& action : make_base_system(system_.files, system_.mounts, life_.in_container))
    report(action);
  report({"cgroups", system_.cgroups.begin(life_.in_container)});
  if (auto console = system_.open_console()) {
    sinks_.console.attach(std::move(*console));
  } else {
    report_problem("console", console.error().text());
  }
  // Its children undo this for themselves (sys/child.cc).
  if (sys::Status kept = system_.files.write("/proc/self/oom_score_adj", "-1000"); !kept)
    log_.debug(kept.error().text());
  if (life_.in_container) return;
  if (sys::Status taken = system_.shutdown.take_ctrl_alt_del(); !taken) report({"Ctrl-Alt-Del", taken});
}

// After an emergency. The front end will take this for a node that has just booted, so nothing may run here.
void Boot::end_former_life() {
  const std::string what = sys::cat("started again after a crash (restart ", life_.restarts, " of ", max_restarts, ")");
  log_.error(what, ": ending all processes");
  record_.note("emergency", Outcome::failed, what);
  report({"end the processes of the former life", system_.shutdown.signal_everyone(SIGKILL)});
}

void Boot::configure(const FileSettings& file) {
  std::vector<std::string> problems = file.problems;
  append(problems, assign(file.assignments, settings_));
  if (!life_.in_container) {
    if (const auto line = system_.files.read("/proc/cmdline", max_command_line)) {
      append(problems, assign(from_kernel_command_line(*line), settings_));
    } else {
      problems.push_back(line.error().text());
    }
  }
  append(problems, assign(from_arguments(life_.arguments, problems), settings_));
  append(problems, reconcile(settings_));
  for (const std::string& problem : problems)
    report_problem("configuration", problem);

  sinks_.console.show(settings_.console);
  if (settings_.kernel_log && !life_.in_container) sinks_.kernel.enable();
  hooks_.configured(settings_);
  load_hardware();
}

void Boot::load_hardware() {
  record_.enter_phase("hardware");
  if (settings_.modules.empty()) return find_network();
  if (life_.in_container) {
    record_.note("modules", Outcome::skipped, "in a container: modules are the machine's");
    return find_network();
  }
  sys::WorkerSpec spec{.name = "modules", .deadline = modules_deadline};
  spec.work = [this](sys::WorkerOutput& output) {
    const std::string reports = encode_reports(load_modules(system_.files, system_.machine, settings_.modules));
    return output.write(reports.data(), reports.size()) ? 0 : 1;
  };
  const auto started =
      system_.workers.start(std::move(spec), [this](const sys::WorkerResult& result) { on_modules(result); });
  if (started) return;
  report_problem("modules", started.error().text());
  find_network();
}

void Boot::on_modules(const sys::WorkerResult& result) {
  const auto reports = decode_reports(result.output);
  if (!result.succeeded() || !reports) {
    report_problem("modules", sys::cat("loading them broke down: ", describe_end(result)));
  } else {
    for (const ModuleReport& module : *reports) {
      record_.note(sys::cat("module ", module.name), module.outcome, module.reason);
      if (module.outcome == Outcome::failed) log_.warning("module ", module.name, ": ", module.reason);
    }
  }
  find_network();
}

void Boot::find_network() {
  record_.enter_phase("network");
  discovery_ = std::make_unique<network::Discovery>(system_.loop, system_.links, system_.packets, log_,
                                                    system_.random(), settings_.discovery);
  discovery_->start([this](const network::Found& found) { on_found(found); });
}

void Boot::on_found(const network::Found& found) {
  log_.notice("address ", describe(found));
  record_.note(sys::cat("network: ", found.link.name), Outcome::done, describe(found));
  for (const std::string& other : found.others)
    record_.note("network: others", Outcome::ignored, other);
  hooks_.network_found(found);
}

std::string Boot::trouble() const { return discovery_ ? discovery_->trouble() : "the hardware is not ready"; }

void Boot::report(const BaseAction& action) {
  if (!action.status) report_problem(action.name, action.status.error().text());
}

void Boot::report_problem(const std::string& name, const std::string& problem) {
  log_.warning(name, ": ", problem);
  record_.note(name, Outcome::ignored, problem);
}

}  // namespace node
