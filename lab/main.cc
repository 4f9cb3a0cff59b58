// node-container: plays the machine for one node of a lab. nodelab starts one per node.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "lab/supervisor.h"

namespace {

struct Options {
  std::string network, console;
  lab::MachineSpec machine;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--netns", options.network, "the network namespace to be in (ip netns)")->required();
  auto* image = app.add_option("--image", options.machine.image, "the image to boot: cpio (newc), not compressed");
  app.add_option("--root", options.machine.root, "a directory instead, with init and etc/")->excludes(image);
  app.add_option("--cgroup", options.machine.cgroup,
                 "the directory of a cgroup below which the machine has cgroups of its own");
  app.add_option("--console", options.console, "the file that keeps what the node says")->required();
  app.add_option("arguments", options.machine.arguments, "arguments for init, after --: KEY=VALUE...");
  app.footer(
      "Boots the image as PID 1 in namespaces of its own, and boots it again when it restarts.\n"
      "SIGTERM cuts the power. Exit status: 0 the node was powered off or cut off; 1 it could\n"
      "not be started; 2 usage; 3 its PID 1 died.");
}

int fail(const sys::Error& error) {
  std::fprintf(stderr, "node-container: %s\n", error.text().c_str());
  return static_cast<int>(lab::Outcome::failed);
}

int run(const Options& options) {
  if (const sys::Status entered = lab::enter_network(options.network); !entered) return fail(entered.error());
  sys::Result<lab::Console> console = lab::Console::open(options.console);
  if (!console) return fail(console.error());
  return static_cast<int>(lab::supervise(options.machine, *console));
}

}  // namespace

int main(int count, char** words) {
  // Before anything else, so that a power cut is never lost and never leaves a node behind.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, nullptr);

  CLI::App app("Plays the machine for one node of a lab.", "node-container");
  Options options;
  declare(app, options);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.machine.image.empty() && options.machine.root.empty())
    return fail({0, "give --image FILE or --root DIR: what is to be booted?"});
  return run(options);
}
