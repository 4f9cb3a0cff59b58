#include "frontend/nodectl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/common/node_state.h"
#include "frontend/common/paths.h"
#include "frontend/nodectl/bpstat_text.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/help.h"
#include "frontend/nodectl/job_limits.h"
#include "frontend/nodectl/signal_names.h"
#include "nodeinit_version.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

constexpr char nodes_help[] = "0-3,7 or names (n5), all, or a state (up, down, error, unavailable)";

std::string check_state(const std::string& name) {
  return parse_state(name) ? "" : cat("there is no state '", name, "'");
}

std::string check_duration(const std::string& text) {
  return sys::parse_duration_ms(text) ? "" : cat("'", text, "' is no duration; write it like 60s, 5m or 1h");
}

std::string check_variable(const std::string& text) {
  const auto equals = text.find('=');
  return equals == 0 || equals == text.npos ? cat("'", text, "' is not NAME=VALUE") : "";
}

std::string check_signal(const std::string& text) {
  return parse_signal(text) ? "" : cat("there is no signal '", text, "'");
}

std::string check_memory(const std::string& text) {
  return parse_memory(text) ? "" : cat("'", text, "' is no amount of memory; write it like 512M or 2G");
}

std::string check_cpus(const std::string& text) {
  return is_cpu_list(text) ? "" : cat("'", text, "' is no list of processors; write it like 0-3,7");
}

std::optional<std::uint32_t> parse_readers(const std::string& text) {
  if (text == "all") return transport::all_ranks;
  if (text == "none") return transport::no_rank;
  const auto rank = sys::parse_number(text, 0, transport::no_rank - 1);
  return rank ? std::optional(static_cast<std::uint32_t>(*rank)) : std::nullopt;
}

std::string check_readers(const std::string& text) {
  return parse_readers(text) ? "" : cat("'", text, "' is neither all nor none nor a rank");
}

// CLI11's, with usage lines of our own.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string) const override {
    const bool general = app->get_parent() == nullptr;
    return cat("Usage: nodectl ", general ? general_usage : help_of(full_name(app).c_str()).usage, "\n");
  }

 private:
  // "plan show".
  static std::string full_name(const CLI::App* app) {
    const CLI::App* const parent = app->get_parent();
    const bool nested = parent != nullptr && parent->get_parent() != nullptr;
    return nested ? cat(parent->get_name(), " ", app->get_name()) : app->get_name();
  }
};

std::string explain(const CLI::App*, const CLI::Error& error) {
  return cat("nodectl: ", error.what(), "\nSee nodectl --help and nodectl VERB --help.\n");
}

// Each verb fills its own options and, when it is chosen, becomes the line's verb.
class Parser {
 public:
  explicit Parser(CommandLine& line) : line_(line) {
    app_.footer(general_help);
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.failure_message(explain);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.set_version_flag("--version", "nodectl " NODEINIT_VERSION, "Print the version and exit");
    app_.require_subcommand(0, 1);
    add_socket(app_);
    add_listings();
    add_node_verbs();
    add_plan();
    add_kill();
    add_metrics();
    add_run();
    add_rsh();
    add_cp();
    app_.allow_extras();  // and not its verbs, which inherit this when they are made; see refuse_verb()
  }

  // `tail`: what stands behind the first "--".
  void parse(int argc, const char* const* argv, const std::optional<std::vector<std::string>>& tail) {
    app_.parse(argc, argv);
    if (app_.get_subcommands().empty()) refuse_verb();
    if (run_verb_->parsed()) return take_program(tail);
    if (rsh_verb_->parsed()) return take_rsh_line(tail);
    if (tail) throw CLI::ParseError("-- is for run", CLI::ExitCodes::ExtrasError);
  }

  int exit(const CLI::ParseError& error) { return app_.exit(error) == 0 ? 0 : exit_usage; }

 private:
  template <class Options> CLI::App* add(const char* name, Options& options) {
    const VerbHelp& help = help_of(name);
    CLI::App* verb = app_.add_subcommand(help.name, help.summary);
    verb->footer(help.more);
    verb->callback([this, &options] { line_.verb = options; });
    add_socket(*verb);
    return verb;
  }

  template <class Options> CLI::App* add_listing(const char* name, Options& options, bool nodes_required = true) {
    CLI::App* verb = add(name, options);
    verb->add_flag("--json", line_.json, "print JSON");
    verb->add_option("NODES", options.nodes, nodes_help)->required(nodes_required)->capture_default_str();
    return verb;
  }

  void add_socket(CLI::App& app) {
    app.add_option("--socket", line_.socket,
                   cat("nodemaster's control socket (default: $", control_socket_variable, ", then ",
                       default_control_socket, ")"))
        ->type_name("PATH");
  }

  void add_listings() {
    add_listing("status", status_, false)
        ->add_option("--bproc", status_.bproc)
        ->check(CLI::IsMember(bpstat_forms()))
        ->group("");  // bpstat's: not in the help
    CLI::App* wait = add_listing("wait", wait_);
    wait->add_option("--state", wait_.state, "down, boot, up, error or unavailable")
        ->type_name("STATE")
        ->capture_default_str()
        ->check(check_state);
    wait->add_option_function<std::string>(
            "--timeout",
            [this](const std::string& text) { wait_.timeout_ms = sys::parse_duration_ms(text).value_or(0); },
            "give up after so long (60s, 5m, 1h); default: never")
        ->type_name("TIME")
        ->check(check_duration);
    add_listing("boot-log", boot_log_);
    add_listing("services", services_, false);
    add_listing("ps", ps_, false);
    add_listing("log", log_)->add_flag("-f,--follow", log_.follow, "go on with new lines as they come");
  }

  void add_node_verbs() {
    add_listing("up", up_)->add_flag("-f,--follow", up_.follow, "show what happens meanwhile");
    add_listing("reboot", reboot_);
    add_listing("poweroff", power_off_);
    add_rights("chown", "USER", "user, by name or number", chown_);
    add_rights("chgrp", "GROUP", "group, by name or number", chgrp_);
    add_rights("chmod", "MODE", "octal mode; execute bits (0111) count", chmod_);
    add_listing("set", availability_)
        ->add_option("STATE", availability_.state, "unavailable or available")
        ->required()
        ->check(CLI::IsMember({"unavailable", "available"}));
  }

  void add_rights(const char* name, const char* value, const char* meaning, RightsOptions& options) {
    CLI::App* verb = add(name, options);
    verb->add_flag("--json", line_.json, "print JSON");
    verb->add_option(value, options.value, meaning)->required();
    verb->add_option("NODES", options.nodes, nodes_help)->required();
  }

  void add_plan() {
    const VerbHelp& help = help_of("plan");
    CLI::App* plan = app_.add_subcommand(help.name, help.summary);
    plan->footer(help.more);
    plan->require_subcommand(1);
    add_question(*plan, "plan check", plan_check_);
    add_question(*plan, "plan show", plan_show_);
    add_question(*plan, "plan dry-run", plan_dry_run_)
        ->add_option("NODES", plan_dry_run_.nodes, nodes_help)
        ->required();
  }

  CLI::App* add_question(CLI::App& plan, const std::string& name, PlanOptions& options) {
    const VerbHelp& help = help_of(name.c_str());
    CLI::App* verb = plan.add_subcommand(name.substr(name.find(' ') + 1), help.summary);
    verb->footer(help.more);
    verb->callback([this, &options] { line_.verb = options; });
    verb->add_flag("--json", line_.json, "print JSON");
    add_socket(*verb);
    return verb;
  }

  void add_kill() {
    CLI::App* verb = add("kill", kill_);
    verb->add_option_function<std::string>(
            "-s,--signal", [this](const std::string& text) { kill_.signal = parse_signal(text).value_or(0); },
            "which: 9, KILL, SIGKILL; also as -9, -KILL (default: TERM)")
        ->type_name("SIGNAL")
        ->check(check_signal);
    verb->add_option("--job", kill_.job, "all that this job has started, not single processes")
        ->type_name("J")
        ->check(CLI::PositiveNumber);
    verb->add_option("TARGET", kill_.targets, "PID, or NODES:PID; of a job the nodes, by default all");
  }

  void add_metrics() { add("metrics", metrics_)->add_flag("--json", line_.json, "print JSON"); }

  // Once PROGRAM has been seen, all that follows is its own.
  void add_run() {
    run_verb_ = add("run", run_);
    run_verb_->prefix_command();
    run_verb_->add_flag("-l,--label", run_.label, "label each line of output with its node");
    run_verb_
        ->add_option("--cwd", run_.directory,
                     "working directory on the nodes (default: this one, or / where it is not there)")
        ->type_name("DIR");
    run_verb_->add_option("--env", run_.environment, "set a variable, over your environment; may be repeated")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false)
        ->check(check_variable);
    run_verb_->add_flag("--summary", run_.summary, "at the end, say how each rank ended and what it has cost");
    add_job_limits();
    run_verb_->add_option("--output", run_.output, "write the nodes' output to DIR/NODE.out and DIR/NODE.err")
        ->type_name("DIR");
    run_verb_
        ->add_option_function<std::string>(
            "--input", [this](const std::string& text) { run_.input = *parse_readers(text); },
            "who gets your standard input: all (default), none, or a rank: 0 is the first node's")
        ->type_name("WHO")
        ->check(check_readers);
    run_verb_->add_flag_callback(
        "-n", [this] { run_.input = transport::no_rank; }, "no standard input: as --input none");
    run_verb_->add_flag("-t,--terminal", run_.terminal, "give the program a terminal of its own; for one node");
    run_verb_->add_option("NODES", run_.nodes, nodes_help)->required();
  }

  // All that follows is like ssh's own.
  void add_rsh() {
    rsh_verb_ = add("rsh", rsh_);
    rsh_verb_->prefix_command();
  }

  void take_rsh_line(const std::optional<std::vector<std::string>>& tail) {
    rsh_.words = with_tail(rsh_verb_->remaining(), tail);
    line_.verb = rsh_;
  }

  static std::vector<std::string> with_tail(std::vector<std::string> words,
                                            const std::optional<std::vector<std::string>>& tail) {
    if (tail && !words.empty()) words.emplace_back("--");
    if (tail) words.insert(words.end(), tail->begin(), tail->end());
    return words;
  }

  void add_job_limits() {
    transport::JobLimits& limits = run_.limits;
    run_verb_
        ->add_option_function<std::string>(
            "--memory", [&limits](const std::string& text) { limits.memory_bytes = parse_memory(text).value_or(0); },
            "memory that the job may use on each node: 512M, 2G")
        ->type_name("SIZE")
        ->check(check_memory);
    run_verb_->add_option("--pids", limits.pids, "processes that the job may have on each node")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 1 << 22));
    run_verb_->add_option("--cpus", limits.cpus, "processors of each node that the job may use: 0-3,7")
        ->type_name("LIST")
        ->check(check_cpus);
    run_verb_->add_option("--cpu-percent", limits.cpu_percent, "processor time for the job; 150 is one and a half")
        ->type_name("PERCENT")
        ->check(CLI::Range(1, 1 << 20));
  }

  void add_cp() {
    CLI::App* cp = add("cp", cp_);
    cp->add_flag("-r,--recursive", cp_.recursive, "directories with all that is in them");
    cp->add_flag("-p,--preserve", cp_.preserve, "keep modes and times");
    cp->add_option("OPERANDS", cp_.operands, "sources, then the destination; with nodes as NODES:PATH")->required();
  }

  void take_program(const std::optional<std::vector<std::string>>& tail) {
    run_.command = with_tail(run_verb_->remaining(), tail);
    if (run_.command.empty()) throw CLI::RequiredError("PROGRAM");
    line_.verb = run_;
  }

  [[noreturn]] void refuse_verb() {
    const std::vector<std::string> words = app_.remaining();
    if (words.empty()) throw CLI::RequiredError("a verb");
    throw CLI::ParseError(cat("there is no verb '", words.front(), "'"), CLI::ExitCodes::ExtrasError);
  }

  CommandLine& line_;
  StatusOptions status_;
  WaitOptions wait_;
  BootLogOptions boot_log_;
  LogOptions log_;
  UpOptions up_;
  PlanOptions plan_check_{.question = transport::PlanQuestion::check, .nodes = {}};
  PlanOptions plan_show_{.question = transport::PlanQuestion::show, .nodes = {}};
  PlanOptions plan_dry_run_{.question = transport::PlanQuestion::dry_run, .nodes = {}};
  PowerOptions reboot_{.nodes = {}, .change = transport::PowerChange::restart};
  PowerOptions power_off_{.nodes = {}, .change = transport::PowerChange::power_off};
  RightsOptions chown_{.right = transport::NodeRight::owner, .value = {}, .nodes = {}};
  RightsOptions chgrp_{.right = transport::NodeRight::group, .value = {}, .nodes = {}};
  RightsOptions chmod_{.right = transport::NodeRight::mode, .value = {}, .nodes = {}};
  AvailabilityOptions availability_;
  ServicesOptions services_;
  PsOptions ps_;
  KillOptions kill_;
  MetricsOptions metrics_;
  RunOptions run_;
  RshOptions rsh_;
  CpOptions cp_;
  CLI::App app_{"Shows and controls the nodes of a cluster, through nodemaster.", "nodectl"};
  CLI::App* run_verb_ = nullptr;
  CLI::App* rsh_verb_ = nullptr;
};

constexpr std::string_view rsh_name = "nodersh";  // called so, the whole line is that of rsh

std::string default_socket() {
  const char* const variable = std::getenv(control_socket_variable);
  return variable != nullptr && *variable != '\0' ? variable : default_control_socket;
}

// The words of the command line, with `kill -9` as `kill --signal 9`: to CLI11 that would be an option.
std::vector<std::string> plain_words(int count, const char* const* words) {
  std::vector<std::string> plain;
  bool of_kill = false;
  bool verb_seen = false;
  for (const std::string_view word : std::span(words, static_cast<std::size_t>(count))) {
    const bool signal = of_kill && word.size() > 1 && word.front() == '-' && parse_signal(word.substr(1));
    if (signal) plain.emplace_back("--signal");
    plain.emplace_back(signal ? word.substr(1) : word);
    const bool first = plain.size() == 1 || word.starts_with('-') || plain[plain.size() - 2] == "--socket";
    of_kill = of_kill || (!verb_seen && !first && word == "kill");
    verb_seen = verb_seen || !first;
  }
  return plain;
}

// CLI11 loses what a subcommand is given behind "--": it gets to see only what stands before.
std::optional<std::vector<std::string>> behind_dashes(int argc, const char* const* argv) {
  const auto* const end = argv + argc;
  const auto* const dashes = std::find(argv, end, std::string_view("--"));
  if (dashes == end) return std::nullopt;
  return std::vector<std::string>(dashes + 1, end);
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  if (argc > 0 && sys::name_in(argv[0]) == rsh_name) {
    line.socket = default_socket();
    line.verb = RshOptions{{argv + 1, argv + argc}};
    return line;
  }
  Parser parser(line);
  const auto tail = behind_dashes(argc, argv);
  const int head = tail ? argc - static_cast<int>(tail->size()) - 1 : argc;
  const std::vector<std::string> words = plain_words(head, argv);
  std::vector<const char*> plain;
  for (const std::string& word : words)
    plain.push_back(word.c_str());
  try {
    parser.parse(static_cast<int>(plain.size()), plain.data(), tail);
  } catch (const CLI::ParseError& error) {
    return parser.exit(error);
  }
  if (line.socket.empty()) line.socket = default_socket();
  return line;
}

}  // namespace frontend
