// nodectl under the names of BProc's commands.
#include <doctest/doctest.h>

#include "frontend/nodectl/bproc_names.h"
#include "frontend/nodectl/bpstat_text.h"
#include "sys/text.h"

namespace {

using frontend::translate_bproc;

// "bpsh -p 0 ls" as nodectl is told: "run -l 0 -- ls"; several lines with "; " between, trouble in brackets.
std::string translated(const std::string& line) {
  std::vector<std::string> words;
  for (const auto word : sys::split(line, ' '))
    words.emplace_back(word);
  const auto bproc = translate_bproc(words);
  if (!bproc) return "not BProc's";
  if (!bproc->help.empty()) return bproc->help.substr(0, bproc->help.find('\n'));
  if (!bproc->trouble.empty()) return "[" + bproc->trouble + "]";
  std::string text;
  for (const auto& one : bproc->lines) {
    if (!text.empty()) text += ";";
    for (const std::string& word : one)
      text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

struct Line {
  const char* bproc;
  const char* nodectl;
};

TEST_CASE("bproc: lines are translated into nodectl's") {
  constexpr Line lines[] = {
      {"nodectl status", "not BProc's"},
      {"bpsh 0-3 ls -l", "run 0-3 -- ls -l"},
      {"/usr/bin/bpsh -n -p 0 uname -p", "run -n -l 0 -- uname -p"},
      {"bpsh -np 0 true", "run -n -l 0 -- true"},
      {"bpsh -L -a date -u", "run up -- date -u"},
      {"bpsh -A date -u", "run all -- date -u"},
      {"bpsh -- 0 ls -n", "run 0 -- ls -n"},
      {"bpstat", "status --bproc compact all"},
      {"bpstat -l 0-3", "status --bproc long 0-3"},
      {"bpstat 0-3 --total", "status --bproc total 0-3"},
      {"bpstat -s", "status --bproc state all"},
      {"bpstat -p", "ps all"},
      {"bpctl -S 0-3 -s unavailable", "set 0-3 unavailable"},
      {"bpctl --slave=0 --state=up", "set 0 available"},
      {"bpctl -S0 -R", "reboot 0"},
      {"bpctl -S all -s pwroff", "poweroff all"},
      {"bpctl -S 5 -u alice -g users -m 0110", "chown alice 5; chgrp users 5; chmod 0110 5"},
      {"bpctl -m 111 3", "chmod 111 3"},
      {"bpcp -r -p dir 3:/tmp", "cp -r -p dir 3:/tmp"},
      {"bpcp 3:/etc/hosts .", "cp 3:/etc/hosts ."},
      {"bpsh -v", "--version"},
      {"bpcp -h", "Usage: bpcp [-p] [-r] SOURCE... TARGET"},
  };
  for (const Line& line : lines)
    CHECK(translated(line.bproc) == line.nodectl);
}

TEST_CASE("bproc: what has no counterpart, or is incomplete, is refused with the reason") {
  constexpr const char* lines[] = {
      "bpsh 0",         "bpsh -a",    "bpsh -1 ls",        "bpsh -z 0 ls", "bpsh -O /tmp/out 0 ls", "bpsh --what 0 ls",
      "bpstat -U",      "bpstat 0 1", "bpctl -s up",       "bpctl -S 0",   "bpctl -S 0 -s down",    "bpctl -S",
      "bpctl -M -s up", "bpcp one",   "bpctl -S 0 -S 1 2",
  };
  for (const char* line : lines) {
    CAPTURE(line);
    CHECK(translated(line).starts_with("["));
  }
}

TEST_CASE("bproc: nodes that are alike are on one line of bpstat") {
  const auto node = [](std::uint32_t number, transport::NodeState state, std::uint32_t mode) {
    return transport::NodeStatus{.node = number, .state = state, .address = 0x0a090100 + number, .mode = mode};
  };
  using transport::NodeState;
  const std::vector<transport::NodeStatus> nodes = {node(0, NodeState::up, 0110), node(1, NodeState::down, 0110),
                                                    node(2, NodeState::up, 0110), node(3, NodeState::up, 0111)};
  CHECK(frontend::bpstat_text(nodes, "compact") ==
        "Node(s)  Status  Mode        User  Group\n"
        "0,2      up      ---x--x---  root  root\n"
        "1        down    ---x--x---  root  root\n"
        "3        up      ---x--x--x  root  root\n");
  CHECK(frontend::bpstat_text(nodes, "long").find("2        up      ---x--x---  root  root\n") != std::string::npos);
  CHECK(frontend::bpstat_text(nodes, "total") == "4\n");
  CHECK(frontend::bpstat_text(nodes, "state") == "up\ndown\nup\nup\n");
  CHECK(frontend::bpstat_text({nodes[1]}, "address") == "10.9.1.1\n");
  CHECK(frontend::bpstat_text({nodes[1], nodes[3]}, "number") == "1\n3\n");
}

}  // namespace
