#include "frontend/nodectl/command_line.h"

#include <CLI/CLI.hpp>
#include <array>

#include "frontend/common/node_state.h"
#include "frontend/common/paths.h"
#include "frontend/nodectl/exit_status.h"
#include "nodeinit_version.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr char nodes_help[] = "which nodes: numbers and ranges (0-3,7), names (n5), or all, up, down";

constexpr char footer[] = R"(Exit status: 0 all well; 1 a node or step failed; 2 the command line is wrong;
run: the highest exit status of the ranks, 128+signal for a death by signal, 127 no such
program, 126 not a program for that node.

Examples:
  nodectl status                              the nodes and their states
  nodectl wait all --timeout 60s              until all are up
  nodectl run -l all -- /bin/uname -r         a command on all nodes, lines labelled
  nodectl boot-log n3                         what n3 did while it booted, and how long it took
  nodectl log -f 0-3                          follow the logs of four nodes
See nodectl(1).)";

// Builds the parser; each verb fills its own options and, when it is chosen, becomes the line's verb.
class Parser {
 public:
  explicit Parser(CommandLine& line) : line_(line) {
    app_.footer(footer);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", "nodectl " NODEINIT_VERSION);
    app_.add_option("--socket", line_.socket, "nodemaster's control socket")
        ->envname(control_socket_variable)
        ->default_str(default_control_socket);
    app_.add_flag("--json", line_.json, "print listings as JSON");
    add_listings();
    add_node_verbs();
    add_run();
  }

  void parse(int argc, const char* const* argv) { app_.parse(argc, argv); }
  int explain(const CLI::ParseError& error) { return app_.exit(error); }

 private:
  template <class Options> CLI::App* add(const char* name, const char* help, Options& options) {
    CLI::App* verb = app_.add_subcommand(name, help);
    verb->callback([this, &options] { line_.verb = options; });
    return verb;
  }

  void add_listings() {
    add("status", "Show the nodes: state, address, since when, boot time, reason", status_)
        ->add_option("NODES", status_.nodes, nodes_help)
        ->capture_default_str();
    CLI::App* wait = add("wait", "Wait until nodes are in a state", wait_);
    wait->add_option("NODES", wait_.nodes, nodes_help)->required();
    wait->add_option("--state", wait_.state, "down, boot, up, error or unavailable")
        ->capture_default_str()
        ->check([](const std::string& name) { return parse_state(name) ? "" : "there is no state '" + name + "'"; });
    wait->add_option_function<std::string>(
            "--timeout", [this](const std::string& text) { wait_.timeout_ms = *sys::parse_duration_ms(text); },
            "give up after so long (60s, 5m, 1h); default: never")
        ->check([](const std::string& text) {
          return sys::parse_duration_ms(text) ? "" : "'" + text + "' is no duration (60s, 5m, 1h)";
        });
    add("boot-log", "Show the boot record: phases and steps with their times and outcomes", boot_log_)
        ->add_option("NODES", boot_log_.nodes, nodes_help)
        ->required();
    CLI::App* log = add("log", "Show the nodes' log lines", log_);
    log->add_option("NODES", log_.nodes, nodes_help)->required();
    log->add_flag("-f,--follow", log_.follow, "go on with new lines as they come");
  }

  void add_node_verbs() {
    add("up", "Run the node-up plan again", up_)->add_option("NODES", up_.nodes, nodes_help)->required();
    add("reboot", "Restart nodes in order", reboot_)->add_option("NODES", reboot_.nodes, nodes_help)->required();
    add("poweroff", "Power nodes off in order", power_off_)
        ->add_option("NODES", power_off_.nodes, nodes_help)
        ->required();
  }

  void add_run() {
    CLI::App* run = add("run", "Run a program of this machine on nodes", run_);
    run->add_flag("-l,--label", run_.label, "label each line of output with its node");
    run->add_option("--cwd", run_.directory,
                    "working directory on the nodes (default: this one; / where it is not there)");
    run->add_option("--env", run_.environment, "K=V: set a variable, over the caller's environment")
        ->allow_extra_args(false)
        ->check(
            [](const std::string& text) { return text.find('=') > 0 && text.find('=') != text.npos ? "" : "not K=V"; });
    run->add_option("NODES", run_.nodes, nodes_help)->required();
    run->add_option("PROGRAM", run_.command, "the program and its arguments, after --")->required();
  }

  CommandLine& line_;
  StatusOptions status_;
  WaitOptions wait_;
  BootLogOptions boot_log_;
  LogOptions log_;
  UpOptions up_;
  PowerOptions reboot_;
  PowerOptions power_off_{.nodes = {}, .change = transport::PowerChange::power_off};
  RunOptions run_;
  CLI::App app_{"Shows and controls the nodes of a cluster, through nodemaster.", "nodectl"};
};

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Parser parser(line);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.explain(error) == 0 ? 0 : exit_usage;
  }
  if (line.socket.empty()) line.socket = default_control_socket;
  return line;
}

}  // namespace frontend
