#include "nodeinit/node.h"

#include <cerrno>
#include <utility>
#include <variant>

#include "health/self.h"
#include "nodeinit/clean_root.h"
#include "nodeinit/pinned_keys.h"
#include "nodeinit/records.h"
#include "nodeinit_version.h"
#include "setup/clock_change.h"
#include "sys/overloaded.h"
#include "sys/text.h"
#include "transport/codec.h"

namespace node {

namespace {

using transport::Outcome;

constexpr char cache_directory[] = "/run/nodeinit/cache";
constexpr std::uint64_t default_memory = 1u << 30;  // bytes, where the kernel does not say
constexpr sys::Duration clean_deadline = std::chrono::seconds(20);
constexpr sys::Duration keys_retry_delay = std::chrono::seconds(2);

}  // namespace

Node::Node(const System& system, LogSinks& sinks, const Life& life)
    : system_(system),
      sinks_(sinks),
      log_(sinks.log),
      life_(life),
      boot_id_(system.machine.random()),
      record_(system.loop.clock(), life.birth),
      boot_(system_, sinks, record_, life,
            {.configured = [this](const Settings& settings) { on_configured(settings); },
             .network_found = [this](const network::Found& found) { on_network(found); }}),
      uplink_(system.loop, system.sockets, log_, system_.random(), system_.random_key(), uplink_hooks()),
      cache_(system.loop, system.files, cache_directory, {}),
      limits_(log_),
      launcher_(process_tools(), log_,
                {.launched = [this](const transport::Launched& message) { uplink_.send(message); },
                 .ended = [this](const transport::ProcessEnd& message) { uplink_.send(message); },
                 .output = [this](const transport::StreamOutput& message) { on_output(message); },
                 .state = [this](const transport::ProcessState& message) { uplink_.send(message); },
                 .held = [this](const transport::HeldProcesses& message) { uplink_.send(message); },
                 .input = [this](const transport::InputCredit& message) { uplink_.send_bulk(message); },
                 .processes = [this](const transport::JobProcesses& message) { uplink_.send(message); }}),
      lister_(system.workers, system.files, system.cgroups, log_,
              {.ranks = [this] { return launcher_.ranks(); },
               .answer = [this](const transport::ProcessList& list,
                                std::uint64_t request) { uplink_.send(list, request); }}),
      services_({process_tools(), log_, system_.random()},
                [this](const transport::ServiceStatus& status) { uplink_.send(transport::ServiceReport{status}); }),
      lasting_(services_, limits_),
      runner_(system.loop, system.workers, step_system(), cache_, log_, runner_hooks()),
      power_down_(system_, log_, [this] { return launcher_.running() + services_.running(); }),
      trim_(system.workers, system.files, cache_, log_, trim_hooks()),
      patience_(system.loop),
      away_(system.loop),
      keys_retry_(system.loop) {
  record_.on_change([this] { send_record(); });
}

Uplink::Hooks Node::uplink_hooks() {
  return {
      .hello = [this] { return hello(); },
      .joined = [this](const transport::Welcome& welcome) { on_joined(welcome); },
      .lost = [this](const std::string& why) { on_lost(why); },
      .trouble = [this](const std::string& why) { on_trouble(why); },
      .message = [this](std::uint64_t request, transport::Message message) { on_message(request, std::move(message)); },
      .bulk = [this](bool there) { on_bulk(there); },
      .drained = [this] { sinks_.front_end.pump(); },
      .bulk_drained = [this] { launcher_.set_output_open(true); }};
}

process::ProcessTools Node::process_tools() {
  return {system_.loop, system_.spawner, system_.children, system_.files, cache_, limits_, system_.cgroups};
}

setup::StepSystem Node::step_system() {
  return {system_.files,   system_.mounts,       system_.machine,        system_.interfaces,
          system_.sockets, system_.loop.clock(), system_.hardware_clock, [this] { return network_.link.index; }};
}

setup::RunnerHooks Node::runner_hooks() {
  using setup::StepOutcome;
  using Kept = std::function<void(sys::Result<StepOutcome>)>;
  return {.report = [this](const transport::StepReport& report) { on_step(report); },
          .done = [this](const transport::SetupDone& done) { on_setup_done(done); },
          .run_program =
              [this](const transport::RunStep& step, const std::string& name, std::function<void(sys::Status)> done) {
                return launcher_.run_step(step, name, std::move(done));
              },
          .keep_service =
              [this](const transport::ServiceStep& step, const std::string& name, Kept done) {
                return services_.keep(step, name, [done = std::move(done)](const sys::Result<bool>& changed) {
                  done(changed.map([](bool yes) { return StepOutcome{yes}; }));
                });
              },
          .set_limits =
              [this](const transport::LimitsStep& step) {
                return limits_.set(step).map([](const std::string& changes) {
                  return StepOutcome{!changes.empty(), changes};
                });
              },
          .in_force = [this] { return services_.contents(); },
          .random = system_.random()};
}

TrimHooks Node::trim_hooks() {
  return {.may_begin = [this] { return !runner_.running() && !held_setup_ && !power_down_.under_way(); },
          .in_force = [this] { return services_.contents(); },
          .done = [this] { begin_held_setup(); }};
}

// ---------------------------------------------------------------- boot

void Node::start() { boot_.start(); }

// No step may begin on a node that is going down, and no service again.
void Node::end(sys::PowerAction action, const std::string& why) {
  runner_.cancel();
  services_.end_for_good();
  power_down_.begin(action, why);
}

void Node::on_configured(const Settings& settings) {
  const std::uint64_t memory = memory_size(system_.files).value_or(default_memory);
  trim_.set_limit(settings.cache.bytes != 0 ? settings.cache.bytes : memory / 100 * settings.cache.percent);
  if (settings.reboot_after > sys::Duration::zero()) patience_.set(settings.reboot_after, [this] { give_up(); });
}

void Node::give_up() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(boot_.settings().reboot_after).count();
  const std::string trouble = network_.address == 0 ? boot_.trouble() : trouble_;
  end(sys::PowerAction::restart, sys::cat("not joined after ", seconds, " s: ", trouble));
}

void Node::on_network(const network::Found& found) {
  network_ = found;
  record_.enter_phase("join");
  seek_front_end();
}

void Node::seek_front_end() {
  const auto keys = read_pinned_keys(system_.files, boot_.settings().insecure);
  if (!keys) return trust_nobody(keys.error().text());
  if (keys->protection == transport::Protection::clear) {
    log_.warning("insecure = true: whoever answers as the front end commands this node");
  } else if (boot_.settings().insecure) {
    log_.warning("insecure = true ignored: the image pins its front end's key");
  }
  uplink_.start({.ip = network_.front_end, .port = boot_.settings().port}, *keys);
}

// Most likely only another image helps; but should the kernel have been short of something, that passes.
void Node::trust_nobody(const std::string& why) {
  if (why != trouble_) log_.error(why);
  on_trouble(why);
  keys_retry_.set(keys_retry_delay, [this] { seek_front_end(); });
}

// ---------------------------------------------------------------- the front end comes and goes

transport::Hello Node::hello() const {
  const sys::MachineFacts facts = system_.machine.facts();
  return {.mac = network_.link.mac,
          .interface = network_.link.name,
          .address = network_.address,
          .boot_id = boot_id_,
          .program_version = NODEINIT_VERSION,
          .kernel_release = facts.kernel_release,
          .architecture = facts.architecture,
          .address_requests = network_.requests,
          .uptime_us = record_.uptime_us()};
}

void Node::on_joined(const transport::Welcome& welcome) {
  log_.notice("joined as node ", welcome.node, " (", sys::printable(welcome.name), "), ", uplink_.protection());
  patience_.cancel();
  away_.cancel();
  welcome_ = welcome;
  trouble_.clear();
  record_.end_phase(Outcome::done, sys::cat("node ", welcome.node, " (", welcome.name, ")"));
  set_clock(welcome.wall_ns);
  const std::string_view seed(reinterpret_cast<const char*>(welcome.seed.data()), welcome.seed.size());
  if (sys::Status seeded = system_.files.write("/dev/urandom", seed); !seeded) log_.warning(seeded.error().text());
  record_.forget_sent();
  send_record();
  launcher_.report_all();
  services_.report_all();
  open_log();
  clean();
}

void Node::on_lost(const std::string& why) {
  log_.warning("front end lost: ", why, "; ", launcher_.running() + services_.running(), " processes go on");
  sinks_.front_end.close();
  record_.end_phase(Outcome::failed, sys::cat("front end lost: ", why));
  record_.enter_phase("join");
  if (welcome_.away_policy == transport::AwayPolicy::keep) return;
  away_.set(std::chrono::milliseconds(welcome_.away_grace_ms), [this] { on_away_for_long(); });
}

// As the front end wanted it when it was there.
void Node::on_away_for_long() {
  const std::string why = sys::cat("the front end has been away for ", welcome_.away_grace_ms / 1000, " s");
  if (welcome_.away_policy == transport::AwayPolicy::reboot) return end(sys::PowerAction::restart, why);
  log_.warning(why, ": ", launcher_.running(), " processes of its jobs are killed");
  launcher_.kill_all();
}

void Node::on_bulk(bool there) {
  launcher_.set_output_open(there);
  if (!there) return cache_.set_source({});
  cache_.set_source([this](const transport::Fetch& fetch) { uplink_.send_bulk(fetch); });
  launcher_.rewind_output();
  launcher_.repeat_input();
}

void Node::on_output(const transport::StreamOutput& output) {
  uplink_.send_bulk(output);
  if (uplink_.bulk_congested()) launcher_.set_output_open(false);
}

void Node::on_trouble(const std::string& why) {
  if (why == trouble_) return;
  trouble_ = why;
  record_.note("join: no connection", Outcome::failed, why);
}

void Node::set_clock(std::uint64_t wall_ns) {
  if (life_.in_container) return;
  const auto change = setup::set_clock(system_.loop.clock(), wall_ns);
  if (!change) return log_.warning(change.error().text());
  if (*change) log_.info("clock set to the front end's; ", **change);
}

void Node::send_record() {
  if (!uplink_.joined() || record_scheduled_) return;
  system_.loop.defer([this] {
    record_scheduled_ = false;
    if (!uplink_.joined()) return;
    if (const auto changes = record_.changes()) uplink_.send(*changes);
  });
  record_scheduled_ = true;
}

void Node::open_log() {
  sinks_.front_end.open({.send = [this](const transport::LogLines& lines) { uplink_.send(lines); },
                         .congested = [this] { return uplink_.congested(); }});
}

// ---------------------------------------------------------------- what the front end says

void Node::on_message(std::uint64_t request, transport::Message message) {
  std::visit(sys::Overloaded{[this](const transport::Ping& ping) { on_ping(ping); },
                             [this](transport::Setup& setup) { on_setup(std::move(setup)); },
                             [this](transport::Launch& launch) { on_launch(std::move(launch)); },
                             [this](const transport::Signal& signal) { launcher_.signal(signal); },
                             [this](const transport::Forget& end) { launcher_.forget(end); },
                             [&](const transport::KillJob& kill) { uplink_.send(launcher_.kill(kill), request); },
                             [&](const transport::KillProcess& kill) { uplink_.send(launcher_.kill(kill), request); },
                             [&](const transport::ListProcesses& wanted) { lister_.list(wanted, request); },
                             [this](const transport::Power& power) { on_power(power); },
                             [this](const transport::Block& block) { cache_.on_block(block); },
                             [this](const transport::StreamCredit& credit) { launcher_.taken(credit); },
                             [this](const transport::StreamInput& input) { launcher_.feed(input); },
                             [this](const transport::Resize& resize) { launcher_.resize(resize); },
                             [this](const auto& other) {
                               log_.warning(transport::name_of_number(other.number), " from the front end ignored");
                             }},
             message);
}

void Node::on_ping(const transport::Ping& ping) {
  launcher_.sweep();  // now that the node is awake
  transport::Pong pong{.sequence = ping.sequence, .usage = {}};
  // Without /proc the memory figures stay zero; the answer matters more.
  static_cast<void>(health::read_self(system_.files, pong.usage));
  pong.usage.wakeups = system_.loop.wakeups();
  pong.usage.orphans = system_.children.orphans_reaped();
  pong.usage.children = static_cast<std::uint32_t>(system_.children.expected());
  pong.usage.fetched_bytes = cache_.bytes_fetched();
  // The root is in memory: this does not block.
  if (const auto used = system_.mounts.memory_used("/")) pong.usage.file_bytes = *used;
  uplink_.send(pong);
}

void Node::on_setup(transport::Setup setup) {
  if (power_down_.under_way()) return;
  if (root_ == Root::cleaning || trim_.under_way()) {
    held_setup_ = std::move(setup);
  } else {
    begin_setup(std::move(setup));
  }
}

void Node::on_launch(transport::Launch launch) {
  if (!power_down_.under_way()) return launcher_.launch(std::move(launch));
  uplink_.send(transport::Launched{
      .job = launch.job, .rank = launch.rank, .code = ESHUTDOWN, .reason = "the node is going down"});
}

void Node::on_power(const transport::Power& power) {
  end(power.change == transport::PowerChange::restart ? sys::PowerAction::restart : sys::PowerAction::power_off,
      "asked by the front end");
}

// ---------------------------------------------------------------- setup

// Once in a life, before the first step puts anything there.
void Node::clean() {
  if (root_ != Root::image) return;
  root_ = Root::cleaning;
  sys::WorkerSpec spec{.name = "clean root", .deadline = clean_deadline};
  spec.work = [this](sys::WorkerOutput& output) {
    std::string text;
    if (const auto freed = clean_root(system_.files, system_.mounts)) {
      append_field(text, sys::cat("root cleaned: ", freed->bytes / 1024, " KiB of ", freed->files, " files freed"));
    } else {
      append_field(text, sys::cat("root not cleaned: ", freed.error().text()));
    }
    return output.write(text.data(), text.size()) ? 0 : 1;
  };
  const auto started =
      system_.workers.start(std::move(spec), [this](const sys::WorkerResult& result) { on_cleaned(result); });
  if (started) return;
  log_.warning("root not cleaned: ", started.error().text());
  root_ = Root::clean;
}

void Node::on_cleaned(const sys::WorkerResult& result) {
  root_ = Root::clean;
  const auto fields = split_fields(result.output, 1);
  if (result.succeeded() && fields && !fields->empty()) {
    log_.info(fields->front());
  } else {
    log_.warning("root not cleaned: ", describe_end(result));
  }
  begin_held_setup();
}

void Node::begin_held_setup() {
  if (held_setup_) on_setup(std::move(*std::exchange(held_setup_, std::nullopt)));
}

void Node::begin_setup(transport::Setup setup) {
  log_.info("setup: ", setup.steps.size(), " steps");
  last_part_ = setup.last;
  lasting_.note(setup);
  steps_.clear();
  record_.enter_phase("setup");
  runner_.start(std::move(setup));
}

void Node::on_step(const transport::StepReport& report) {
  if (report.outcome == Outcome::running) {
    const auto known = steps_.find(report.step);
    if (known == steps_.end()) {
      steps_[report.step] = record_.begin(sys::cat("setup: ", report.name));
    } else {
      record_.remark(known->second, report.reason);  // why there is another attempt
    }
  } else if (const auto entry = steps_.find(report.step); entry != steps_.end()) {
    record_.end(entry->second, report.outcome, report.reason);
    steps_.erase(entry);
  }
  uplink_.send(report);
}

void Node::on_setup_done(const transport::SetupDone& done) {
  if (!done.succeeded) {
    log_.error("setup failed: ", done.reason);
    record_.end_phase(Outcome::failed, done.reason);
  } else if (last_part_) {
    come_up();
  }
  uplink_.send(done);
  system_.loop.defer([this] { trim_.consider(); });
}

void Node::come_up() {
  lasting_.plan_done();
  if (std::exchange(up_, true)) return log_.notice("set up again");
  log_.notice("up after ", record_.uptime_us() / 1000, " ms");
  record_.end_phase(Outcome::done, {});
  record_.note("up", Outcome::done);
  record_.close();
}

}  // namespace node
