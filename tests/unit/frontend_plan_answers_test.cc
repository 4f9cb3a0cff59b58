// What nodectl plan is told: the plan that holds, what is wrong with its files, and what it would do on nodes.
#include "frontend/nodemaster/plan_answers.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "frontend/nodemaster/plan_words.h"
#include "sys/text.h"
#include "tests/unit/frontend_cluster.h"
#include "tests/unit/temporary_directory.h"

namespace {

using namespace fakes;
using frontend::PlanStep;
using transport::PlannedStep;
using transport::PlanProblem;
using transport::PlanQuestion;
using transport::PlanReply;
using transport::PlanRequest;
using Numbers = std::vector<transport::NodeNumber>;

// A cluster whose configuration is on this machine's disk.
struct Planned {
  fakes::TemporaryDirectory folder;
  const std::string path = folder / "cluster.toml";
  sys::KernelFiles files{sys::LinkTrust::all};

  Planned() {
    write("cluster.toml",
          "insecure = true\n[front_end]\ninterface = \"eth0\"\naddress = \"10.9.0.1\"\n"
          "[[nodes]]\nrange = \"0-3\"\nmac = \"52:54:00:09:00:00\"\naddress = \"10.9.1.0\"\n");
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::vector<PlanStep> plan(const std::string& text) {
    write("node_up.toml", text);
    frontend::Problems problems;
    auto configuration = frontend::load_configuration(files, path, problems);
    CHECK_FALSE(problems.errors());
    return std::move(configuration.plan);
  }
  std::vector<PlanProblem> check(const std::vector<std::string>& kernels = {}) {
    std::vector<PlanProblem> problems;
    frontend::check_plan(files, path, kernels, [&](const PlanReply& reply) {
      for (const PlanProblem& problem : reply.problems)
        if (problem.error) problems.push_back(problem);  // an insecure cluster is a warning
      return true;
    });
    return problems;
  }
  std::vector<PlanReply> dry_run(const std::vector<PlanStep>& plan, const std::string& kernel = "6.1.0",
                                 const frontend::HookSettings& hooks = {}) {
    std::vector<frontend::AskedNode> asked;
    for (const auto& node : some_nodes(4))
      asked.push_back({node, kernel});
    std::vector<PlanReply> replies;
    frontend::dry_run_plan(files, plan, hooks, asked, [&](const PlanReply& reply) {
      replies.push_back(reply);
      return true;
    });
    return replies;
  }
};

TEST_CASE("plan show: steps in their order, with what holds for each, then the hooks") {
  Planned at;
  at.write("10-dns", "");
  std::filesystem::create_directory(at.folder / "up.d");
  at.write("up.d/10-dns", "#!/bin/sh\n");
  std::filesystem::permissions(at.folder / "up.d/10-dns", std::filesystem::perms::owner_all);
  const auto plan = at.plan(R"(
[[step]]
kind = "directory"
name = "late"
path = "/b"
after = ["early"]
[[step]]
kind = "mount"
name = "early"
type = "tmpfs"
target = "/tmp"
size = "64m"
timeout = "7s"
retries = 2
on_failure = "continue"
nodes = "0-2"
after = []
)");
  const auto shown = frontend::show_plan(at.files, plan, {.up = at.folder / "up.d", .down = {}});
  REQUIRE(shown.size() == 1);
  const auto& steps = shown[0].steps;
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].name == "early");
  CHECK(steps[0].kind == "mount");
  CHECK(steps[0].what == "tmpfs on /tmp (size=64m)");
  CHECK(steps[0].timeout_ms == 7000);
  CHECK(steps[0].retries == 2);
  CHECK(steps[0].may_fail);
  CHECK(steps[0].nodes == "0-2");
  CHECK(steps[1].after == std::vector<std::string>{"early"});
  CHECK(steps[1].nodes == "");
  CHECK(steps[2].name == "hook 10-dns");
  CHECK(steps[2].kind == "hook");
  CHECK(steps[2].on_front_end);
}

TEST_CASE("plan show: a long plan comes in several messages") {
  const std::vector<PlanStep> plan(120);
  Planned at;
  const auto shown = frontend::show_plan(at.files, plan, {});
  REQUIRE(shown.size() == 3);
  CHECK(shown[0].more);
  CHECK(shown[1].more);
  CHECK_FALSE(shown[2].more);
  CHECK(shown[2].steps.size() == 20);
}

TEST_CASE("plan check: all that is wrong, by line, each once") {
  Planned at;
  std::filesystem::create_directory(at.folder / "tree");
  std::filesystem::create_symlink("/nonexistent/target", at.folder / "broken");
  at.write("node_up.toml", R"([[step]]
kind = "file"
source = "gone"
path = "/a"
[[step]]
kind = "module"
modules = ["dummy"]
directory = "/nonexistent/modules"
[[step]]
kind = "directory"
path = "here"
[[step]]
kind = "libraries"
libraries = ["/nonexistent/libx.so"]
)");
  const auto problems = at.check();
  std::vector<unsigned> lines;
  for (const PlanProblem& problem : problems) {
    CHECK(problem.file == at.folder / "node_up.toml");
    lines.push_back(problem.line);
  }
  CHECK(lines == std::vector<unsigned>{3, 5, 11, 12});
  REQUIRE(problems.size() == 4);
  CHECK(problems[1].reason.find("step module dummy: the front end has no /nonexistent/modules") == 0);
  CHECK(problems[3].reason.find("libx.so") != std::string::npos);
}

TEST_CASE("plan check: modules are looked for of the kernels that nodes run") {
  Planned at;
  at.write("node_up.toml",
           "[[step]]\nkind = \"module\"\nmodules = [\"dummy\"]\ndirectory = \"" + at.folder.path() + "/{kernel}\"\n");
  CHECK(at.check().empty());
  CHECK(at.check({"6.1.0", "6.2.0"}).size() == 2);
}

TEST_CASE("plan dry-run: nodes for which all is the same share an answer") {
  Planned at;
  at.write("motd", "hello");
  const auto plan = at.plan(R"(
[[step]]
kind = "file"
source = "motd"
path = "/etc/motd"
[[step]]
kind = "directory"
path = "/only"
nodes = "1"
)");
  const auto replies = at.dry_run(plan);
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].nodes == Numbers{0, 2, 3});
  CHECK(replies[1].nodes == Numbers{1});
  CHECK(replies[0].steps.at(0).files == 1);
  CHECK(replies[0].steps.at(0).bytes == 5);
  CHECK(replies[0].steps.at(0).what == "/etc/motd");
  CHECK_FALSE(replies[0].steps.at(1).applies);
  CHECK(replies[1].steps.at(1).applies);
}

TEST_CASE("plan dry-run: facts are filled in, and names looked up") {
  Planned at;
  const auto plan = at.plan(R"(
[[step]]
kind = "hostname"
hostname = "worker-{node}"
[[step]]
kind = "mount"
type = "nfs"
source = "localhost:/home/{name}"
target = "/home"
)");
  const auto replies = at.dry_run(plan);
  REQUIRE(replies.size() == 4);
  CHECK(replies[3].nodes == Numbers{3});
  CHECK(replies[3].steps.at(0).what == "worker-3");
  CHECK(replies[3].steps.at(1).what.find("nfs localhost:/home/n3 on /home (") == 0);
  CHECK(replies[3].steps.at(1).what.find("addr=127.0.0.1") != std::string::npos);
  CHECK(replies[3].steps.at(1).what.find("clientaddr=10.9.1.3") != std::string::npos);
}

TEST_CASE("plan dry-run: what cannot be had is the step's problem, what is not known is said") {
  Planned at;
  PlanStep file;
  file.step.name = "motd";
  file.need = frontend::FileNeed{.source = "/nonexistent/motd", .path = "/etc/motd"};
  file.step.action = transport::FileStep{};
  PlanStep module;
  module.step.name = "module dummy";
  module.need = frontend::ModulesNeed{{{"dummy", ""}}, "/nonexistent/{kernel}", "/nonexistent/spool"};
  module.step.action = transport::ModuleStep{};
  auto replies = at.dry_run({file, module});
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].nodes.size() == 4);
  CHECK(replies[0].steps.at(0).problem.find("/nonexistent/motd") != std::string::npos);
  CHECK(replies[0].steps.at(1).problem.find("the front end has no /nonexistent/6.1.0") == 0);
  replies = at.dry_run({file, module}, "");
  CHECK(replies.at(0).steps.at(1).problem == "");
  CHECK(replies.at(0).steps.at(1).unknown.find("kernel") != std::string::npos);
  CHECK(replies.at(0).steps.at(1).what == "dummy from /nonexistent/{kernel}");
}

TEST_CASE("steps are said in words") {
  using namespace transport;
  CHECK(frontend::in_words(MountStep{"tmpfs", "/tmp", "tmpfs", "size=1m", {}}) == "tmpfs on /tmp (size=1m)");
  CHECK(frontend::in_words(MountStep{"nfs1:/home", "/home", "nfs", "", {}}) == "nfs nfs1:/home on /home");
  CHECK(frontend::in_words(DirectoryStep{"/d", 01777, 1, 2}) == "/d, mode 1777, owner 1:2");
  CHECK(frontend::in_words(one_device("/dev/null", false, 1, 3)) == "/dev/null (char 1:3)");
  CHECK(frontend::in_words(one_file("/etc/motd", {})) == "/etc/motd");
  CHECK(frontend::in_words(FileStep{{{"/a", DirectoryMark{}}, {"/a/b", Content{}}, {"/a/c", LinkTarget{"b"}}}}) ==
        "1 file, 1 directory, 1 link, the first /a");
  CHECK(frontend::in_words(LinkStep{"/etc/mtab", "/proc/mounts"}) == "/etc/mtab to /proc/mounts");
  CHECK(frontend::in_words(SysctlStep{{{"vm/swappiness", "10"}}}) == "vm.swappiness = 10");
  CHECK(frontend::in_words(RunStep{"/bin/a", {"/bin/a", "b"}, {}, {}}) == "/bin/a b");
  CHECK(frontend::in_words(ModuleStep{{{"e1000", {}, "debug=1"}, {"nfs", {}, ""}}}) == "e1000 debug=1, nfs");
  CHECK(frontend::in_words(DeviceStep{std::vector<DeviceEntry>(10)}).find(" and 2 more") != std::string::npos);
}

// ---- through the control socket

struct Asked : Guarded {
  std::unique_ptr<Caller> plan(PlanQuestion question, const std::string& nodes = "") {
    return ask_as(root, PlanRequest{question, nodes});
  }
};

TEST_CASE("a question about the plan is answered in parts, then done") {
  Asked cluster;
  for (const auto& [question, nodes] : {std::pair(PlanQuestion::show, ""), std::pair(PlanQuestion::check, ""),
                                        std::pair(PlanQuestion::dry_run, "all")}) {
    const auto command = cluster.plan(question, nodes);
    CHECK(command->take<PlanReply>().size() == 1);
    CHECK(command->take<transport::Done>().size() == 1);
  }
  CHECK(cluster.failure_of(*cluster.plan(PlanQuestion::dry_run, "77")).find("77") != std::string::npos);
}

TEST_CASE("a question that takes long is given up with its command, and with its worker") {
  Asked cluster;
  cluster.kernel.workers.hang("answering about the plan");
  const auto command = cluster.plan(PlanQuestion::check);
  CHECK(command->received.empty());
  command->hang_up();
  cluster.turn();
  CHECK(cluster.kernel.faults.count("cancel worker answering about the plan") == 1);
  cluster.kernel.workers.die("answering about the plan", 11);
  CHECK(cluster.failure_of(*cluster.plan(PlanQuestion::check)).find("died") != std::string::npos);
}

}  // namespace
