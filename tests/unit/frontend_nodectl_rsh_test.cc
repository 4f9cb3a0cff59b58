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
  CHECK(line->no_input);
  CHECK_FALSE(parse_rsh_line({"-q", "n3", "/bin/true", "-n"})->no_input);
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
  // nodemaster knows these nodes.
  std::optional<frontend::RunOptions> ask(Words words) {
    master.answer = [this](const transport::Message&) { master.send(answer); };
    const auto run = run_options_of(*context, {std::move(words)});
    loop.run_until_idle();
    return run;
  }
  transport::Message answer = transport::StatusReply{
      {{.node = 2, .name = "n2", .address = 0x0a090102}, {.node = 3, .name = "n3", .address = 0x0a090103}}, true};
  fakes::ScriptedMaster master{loop, sockets};
};

}  // namespace

TEST_CASE("rsh: an address stands for its node, among all") {
  Rsh rsh;
  CHECK(!rsh.ask({"-x", "10.9.1.4", "/bin/true"}));
  CHECK(rsh.complained() == "nodectl: rsh: 10.9.1.4 is no node\n");
  const auto run = rsh.ask({"-x", "10.9.1.3", "/bin/sh", "-c", "'exit 7'"});
  REQUIRE(run);
  CHECK(run->nodes == "3");
  CHECK(run->command == Words{"/bin/sh", "-c", "exit 7"});
  CHECK(std::get<transport::StatusRequest>(rsh.master.received.at(1)).nodes == "all");
}

TEST_CASE("rsh: a name is nodemaster's to know") {
  Rsh rsh;
  rsh.answer = transport::StatusReply{{{.node = 2, .name = "login", .address = 0x0a090102}}, true};
  const auto run = rsh.ask({"login", "true"});
  REQUIRE(run);
  CHECK(run->nodes == "2");
  CHECK(std::get<transport::StatusRequest>(rsh.master.received.at(0)).nodes == "login");
  rsh.answer = transport::Failure{.usage = true, .reason = "there is no node n9"};
  CHECK(frontend::run_rsh(*rsh.context, {{"n9", "/bin/true"}}) == 255);
  rsh.loop.run_until_idle();
  CHECK(rsh.complained() == "nodectl: there is no node n9\n");  // and nothing more
}

TEST_CASE("rsh: more than one node is not one host") {
  Rsh rsh;
  CHECK(!rsh.ask({"all", "/bin/true"}));
  CHECK(rsh.complained() == "nodectl: rsh: all is more than one node\n");
}
