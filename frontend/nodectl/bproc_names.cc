#include "frontend/nodectl/bproc_names.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using Words = std::vector<std::string>;

struct Option {
  char letter;
  std::string_view name;  // --name; empty: there is none
  bool has_value = false;
  std::string_view lacks = {};  // why there is nothing like it here
};

struct Given {
  char letter;
  std::string value;
};

// A line of options in any order, and the other words.
struct Parsed {
  std::vector<Given> options;
  Words operands;
  std::string trouble;

  bool has(char letter) const {
    return std::any_of(options.begin(), options.end(), [letter](const Given& given) { return given.letter == letter; });
  }
  // The last one's; empty when it was not given.
  std::string value_of(char letter) const {
    std::string value;
    for (const Given& given : options)
      if (given.letter == letter) value = given.value;
    return value;
  }
};

class OptionParser {
 public:
  OptionParser(std::span<const Option> options, const Words& words) : options_(options), words_(words) {}

  // `options_first`: what stands behind the first operand is one too.
  Parsed parse(bool options_first) {
    bool only_operands = false;
    for (at_ = 1; at_ < words_.size() && parsed_.trouble.empty(); ++at_) {
      const std::string& word = words_[at_];
      only_operands = only_operands || (options_first && !parsed_.operands.empty());
      if (only_operands || word.size() < 2 || word.front() != '-') {
        parsed_.operands.push_back(word);
      } else if (word == "--") {
        only_operands = true;
      } else if (word.starts_with("--")) {
        take_long(word);
      } else {
        take_letters(word);
      }
    }
    return std::move(parsed_);
  }

 private:
  void take_long(const std::string& word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = std::string_view(word).substr(2, equals - 2);
    const auto* option = find([name](const Option& known) { return !known.name.empty() && known.name == name; });
    if (!option) return fail(cat("there is no option ", word));
    if (equals < word.size()) return give(*option, word.substr(equals + 1));
    give(*option, option->has_value ? next_word() : "");
  }

  // -np, -S0-3
  void take_letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size() && parsed_.trouble.empty(); ++i) {
      const auto* option = find([letter = word[i]](const Option& known) { return known.letter == letter; });
      if (!option) return fail(cat("there is no option -", word.substr(i, 1)));
      if (!option->has_value) {
        give(*option, "");
        continue;
      }
      return give(*option, i + 1 < word.size() ? word.substr(i + 1) : next_word());
    }
  }

  template <class Fits> const Option* find(Fits fits) const {
    const auto found = std::find_if(options_.begin(), options_.end(), fits);
    return found == options_.end() ? nullptr : &*found;
  }

  std::string next_word() {
    if (at_ + 1 < words_.size()) return words_[++at_];
    fail(cat(words_[at_], " needs a value"));
    return {};
  }

  void give(const Option& option, std::string value) {
    if (!option.lacks.empty()) return fail(cat("-", std::string(1, option.letter), ": ", option.lacks));
    parsed_.options.push_back({option.letter, std::move(value)});
  }

  void fail(std::string trouble) {
    if (parsed_.trouble.empty()) parsed_.trouble = std::move(trouble);
  }

  std::span<const Option> options_;
  const Words& words_;
  std::size_t at_ = 1;
  Parsed parsed_;
};

BprocLine wrong(std::string trouble) { return {.lines = {}, .help = {}, .trouble = std::move(trouble)}; }
BprocLine one_line(Words words) { return {.lines = {std::move(words)}, .help = {}, .trouble = {}}; }

// ---------------------------------------------------------------- bpsh

constexpr std::string_view files_of_nodes = "processes are not connected to files of their nodes; nodectl run --output";
constexpr Option bpsh_options[] = {
    {'n', "stdin-null"},
    {'a', ""},
    {'A', ""},
    {'p', "prefix"},
    {'l', ""},
    {'L', "line-buffer"},
    {'N', "", false, "there is always output; > /dev/null"},
    {'I', "stdin", true, files_of_nodes},
    {'O', "stdout", true, files_of_nodes},
    {'E', "stderr", true, files_of_nodes},
    {'s', "sequential", false, "output comes as it is written; -p, or nodectl run --output"},
    {'d', "divide", false, "output comes as it is written; -p, or nodectl run --output"},
    {'h', "help"},
    {'v', "version"},
};
constexpr std::string_view bpsh_help = R"(Usage: bpsh [-n] [-p] NODES PROGRAM [ARGUMENT]...
       bpsh [-n] [-p] -a|-A PROGRAM [ARGUMENT]...
  -n   no standard input
  -p   the node's name before each line of output (also -l)
  -a   on all nodes that are up
  -A   on all nodes
  -L   no effect: taken for the sake of scripts
nodectl run, as BProc called it. See bpsh(1).
)";

BprocLine bpsh(const Parsed& line) {
  Words words = {"run"};
  if (line.has('n')) words.emplace_back("-n");
  if (line.has('p') || line.has('l')) words.emplace_back("-l");
  Words operands = line.operands;
  if (line.has('a') || line.has('A')) operands.insert(operands.begin(), line.has('A') ? "all" : "up");
  if (operands.size() < 2) return wrong("NODES and a program are needed");
  if (operands.front() == "-1") return wrong("node -1 is this machine: no bpsh is needed here");
  words.push_back(operands.front());
  words.emplace_back("--");
  words.insert(words.end(), operands.begin() + 1, operands.end());
  return one_line(words);
}

// ---------------------------------------------------------------- bpstat

constexpr Option bpstat_options[] = {
    {'c', "compact"},
    {'l', "long"},
    {'t', "total"},
    {'s', "status"},
    {'a', "address"},
    {'n', "number"},
    {'p', "process"},
    {'h', "help"},
    {'v', "version"},
    {'U', "update", false, "it shows the nodes once; watch bpstat"},
    {'P', "", false, "output of ps has the nodes already: ghosts are called after them"},
};
constexpr std::string_view bpstat_help = R"(Usage: bpstat [-c|-l|-t|-s|-a|-n|-p] [NODES]
  -c   nodes that are alike on one line (default)
  -l   a line for each node
  -t   how many nodes there are
  -s   their states, -a their addresses, -n their numbers: a line for each
  -p   the processes that run on them
nodectl status and ps, as BProc had them. See bpstat(1).
)";

BprocLine bpstat(const Parsed& line) {
  if (line.operands.size() > 1) return wrong("one set of nodes is enough: 0-3,7");
  const std::string nodes = line.operands.empty() ? "all" : line.operands.front();
  if (line.has('p')) return one_line({"ps", nodes});
  constexpr std::pair<char, std::string_view> forms[] = {{'l', "long"},    {'t', "total"},  {'s', "state"},
                                                         {'a', "address"}, {'n', "number"}, {'c', "compact"}};
  for (const auto& [letter, form] : forms) {
    if (line.has(letter)) return one_line({"status", "--bproc", std::string(form), nodes});
  }
  return one_line({"status", "--bproc", "compact", nodes});
}

// ---------------------------------------------------------------- bpctl

constexpr Option bpctl_options[] = {
    {'S', "slave", true},
    {'s', "state", true},
    {'u', "user", true},
    {'g', "group", true},
    {'m', "mode", true},
    {'R', "reboot"},
    {'P', "pwroff"},
    {'H', "halt"},
    {'h', "help"},
    {'v', "version"},
    {'f', ""},
    {'M', "master", false, "the front end has no state, owner or mode"},
};
constexpr std::string_view bpctl_help = R"(Usage: bpctl -S NODES [-s STATE] [-u USER] [-g GROUP] [-m MODE] [-R|-P|-H]
  -s   up, unavailable, reboot, pwroff or halt; -R, -P and -H are the last three
  -u -g -m   owner, group and octal mode
nodectl set, reboot, poweroff, chown, chgrp and chmod, as BProc had them. See bpctl(1).
)";

// What nodectl is told; NODES stands at the end, or before the last word.
struct StateVerb {
  std::string_view state;
  std::string_view verb;
  std::string_view last = {};
};
constexpr StateVerb state_verbs[] = {{"up", "set", "available"}, {"unavailable", "set", "unavailable"},
                                     {"reboot", "reboot"},       {"pwroff", "poweroff"},
                                     {"poweroff", "poweroff"},   {"halt", "poweroff"}};

BprocLine bpctl(const Parsed& line) {
  Words nodes = line.operands;
  if (line.has('S')) nodes.push_back(line.value_of('S'));
  if (nodes.size() != 1) return wrong("-S NODES is needed, once");
  BprocLine result;
  for (const auto& [letter, verb] : {std::pair('u', "chown"), {'g', "chgrp"}, {'m', "chmod"}})
    if (line.has(letter)) result.lines.push_back({verb, line.value_of(letter), nodes.front()});
  std::string state = line.value_of('s');
  for (const auto& [letter, name] : {std::pair('R', "reboot"), {'P', "pwroff"}, {'H', "halt"}})
    if (line.has(letter)) state = name;
  const auto* const verb = std::find_if(std::begin(state_verbs), std::end(state_verbs),
                                        [&state](const StateVerb& known) { return known.state == state; });
  if (!state.empty() && verb == std::end(state_verbs)) {
    return wrong(cat("nodes are not set to the state '", sys::printable(state, 64), "'"));
  }
  if (!state.empty()) {
    result.lines.push_back({std::string(verb->verb), nodes.front()});
    if (!verb->last.empty()) result.lines.back().emplace_back(verb->last);
  }
  if (result.lines.empty()) return wrong("nothing to do: -s, -u, -g or -m");
  return result;
}

// ---------------------------------------------------------------- bpcp

constexpr Option bpcp_options[] = {{'r', "recursive"}, {'p', "preserve"}, {'h', "help"}, {'v', "version"}};
constexpr std::string_view bpcp_help = R"(Usage: bpcp [-p] [-r] SOURCE... TARGET
  -p   modes and times as they are
  -r   directories with what is in them
A file of a node is NODE:PATH. nodectl cp, as BProc called it. See bpcp(1).
)";

BprocLine bpcp(const Parsed& line) {
  if (line.operands.size() < 2) return wrong("a source and a target are needed");
  Words words = {"cp"};
  if (line.has('r')) words.emplace_back("-r");
  if (line.has('p')) words.emplace_back("-p");
  words.insert(words.end(), line.operands.begin(), line.operands.end());
  return one_line(words);
}

struct Command {
  std::string_view name;
  bool runs_program;  // options behind the first operand are not its own
  std::span<const Option> options;
  std::string_view help;
  BprocLine (*translate)(const Parsed&);
};
constexpr Command commands[] = {
    {"bpsh", true, bpsh_options, bpsh_help, bpsh},
    {"bpstat", false, bpstat_options, bpstat_help, bpstat},
    {"bpctl", false, bpctl_options, bpctl_help, bpctl},
    {"bpcp", false, bpcp_options, bpcp_help, bpcp},
};

}  // namespace

std::optional<BprocLine> translate_bproc(const Words& words) {
  if (words.empty()) return std::nullopt;
  const std::string_view name = sys::name_in(words.front());
  const auto* const command = std::find_if(std::begin(commands), std::end(commands),
                                           [name](const Command& known) { return known.name == name; });
  if (command == std::end(commands)) return std::nullopt;
  const Parsed line = OptionParser(command->options, words).parse(command->runs_program);
  if (line.has('h')) return BprocLine{.lines = {}, .help = std::string(command->help), .trouble = {}};
  if (line.has('v')) return one_line({"--version"});
  if (!line.trouble.empty()) return wrong(line.trouble);
  return command->translate(line);
}

}  // namespace frontend
