// nodectl rsh: lines as launchers write them for ssh, and what becomes of them.
#include <doctest/doctest.h>

#include "frontend/nodectl/rsh_line.h"
#include "frontend/nodectl/verbs.h"
#include "tests/unit/frontend_nodectl_fixture.h"

namespace {

using frontend::parse_rsh_line;
using frontend::plain_words;
using Words = std::vector<std::string>;

Words arguments_of(const std::string& command) {
  return frontend::rsh_arguments(command, [](const std::string& word) { return word != "cd"; });
}

}  // namespace

TEST_CASE("rsh: options are passed over with their values, before and behind the host") {
  const auto line = parse_rsh_line({"-x", "-qn", "-o", "BatchMode=yes", "-p22", "n3", "-l", "me", "/bin/true", "-x"});
  REQUIRE(line);
  CHECK(line->host == "n3");
  CHECK(line->user == "me");
  CHECK(line->command == "/bin/true -x");
}

TEST_CASE("rsh: a user may stand before the host, and -- before the command") {
  const auto line = parse_rsh_line({"me@n3", "--", "-odd", "program"});
  REQUIRE(line);
  CHECK(line->user == "me");
  CHECK(line->host == "n3");
  CHECK(line->command == "-odd program");
}

TEST_CASE("rsh: what is no command on a host is refused with a reason") {
  const std::pair<Words, const char*> lines[] = {
      {{}, "rsh: which host?"},
      {{"n3"}, "rsh: which command on n3?"},
      {{"-L", "1:n1:2", "n3", "true"}, "rsh: option -L means nothing for nodes"},
      {{"-xN", "n3", "true"}, "rsh: option -N means nothing for nodes"},
      {{"n3", "-l"}, "rsh: option -l needs a value"},
  };
  for (const auto& [words, reason] : lines) {
    const auto line = parse_rsh_line(words);
    REQUIRE(!line);
    CHECK(line.error().what == reason);
  }
}

TEST_CASE("rsh: quotes are taken away as a shell would") {
  CHECK(*plain_words(R"(  "/usr/bin/a proxy" --port  fe:1 'x "$y' a\ b "q\"\$\n" e'm'"p"ty "")") ==
        Words{"/usr/bin/a proxy", "--port", "fe:1", "x \"$y", "a b", "q\"$\\n", "empty", ""});
}

TEST_CASE("rsh: what a shell would do more with is not taken apart") {
  for (const char* text : {"a | b", "a; b", "a $HOME", "a \"$HOME\"", "a `b`", "ls *", "X=1 a", "~/a", "a > b", "a &",
                           "a {b,c}", "'open", "\"open", "a\\", "a\nb", "", "  "})
    CHECK_MESSAGE(!plain_words(text), text);
}

TEST_CASE("rsh: a program moves by itself, anything else with a shell") {
  CHECK(arguments_of("\"/usr/bin/proxy\" --id 3") == Words{"/usr/bin/proxy", "--id", "3"});
  CHECK(arguments_of("./X=1 a") == Words{"./X=1", "a"});
  CHECK(arguments_of("cd /tmp") == Words{"/bin/sh", "-c", "cd /tmp"});
  CHECK(arguments_of("cd /tmp && ls") == Words{"/bin/sh", "-c", "cd /tmp && ls"});
}

namespace {

struct Rsh : fakes::Command {
  // nodemaster knows these nodes; a program that it is asked to run ends with 7.
  int run(Words words) {
    master.answer = [this](const transport::Message& message) {
      if (std::holds_alternative<transport::StatusRequest>(message))
        return master.send(transport::StatusReply{known, true});
      master.send(transport::RunStarted{.job = 1, .nodes = {3}, .names = {"n3"}});
      master.send(transport::RunEnd{.rank = 0, .started = true, .status = 7 << 8});
      master.send(transport::Done{});
    };
    const int status = frontend::run_rsh(*context, {std::move(words)});
    loop.run_until_idle();
    return status;
  }
  std::vector<transport::NodeStatus> known{{.node = 2, .name = "n2", .address = 0x0a090102},
                                           {.node = 3, .name = "n3", .address = 0x0a090103}};
  fakes::ScriptedMaster master{loop, sockets};
};

}  // namespace

TEST_CASE("rsh: an address stands for its node, among all") {
  Rsh rsh;
  CHECK(rsh.run({"-x", "10.9.1.4", "/bin/true"}) == 255);
  CHECK(rsh.complained() == "nodectl: rsh: 10.9.1.4 is no node\n");
  CHECK(rsh.run({"-x", "10.9.1.3", "/bin/sh", "-c", "'exit 7'"}) == 7);
  REQUIRE(rsh.master.received.size() >= 3);
  CHECK(std::get<transport::StatusRequest>(rsh.master.received[1]).nodes == "all");
  const auto& request = std::get<transport::RunRequest>(rsh.master.received[2]);
  CHECK(request.nodes == "3");
  CHECK(request.arguments == Words{"/bin/sh", "-c", "exit 7"});
}

TEST_CASE("rsh: more than one node is not one host") {
  Rsh rsh;
  CHECK(rsh.run({"all", "/bin/true"}) == 255);
  CHECK(rsh.complained() == "nodectl: rsh: all is more than one node\n");
  CHECK(rsh.master.received.size() == 1);
}

TEST_CASE("rsh: a node that nodemaster does not know is said once") {
  Rsh rsh;
  rsh.master.answer = [&](const transport::Message&) {
    rsh.master.send(transport::Failure{.usage = true, .reason = "there is no node n9"});
  };
  CHECK(frontend::run_rsh(*rsh.context, {{"n9", "/bin/true"}}) == 255);
  CHECK(rsh.complained() == "nodectl: there is no node n9\n");
}
