// Who waits for the plan's files, and in which order they are served.
#include "frontend/nodemaster/plan_resolver.h"

#include <doctest/doctest.h>

#include "sys/text.h"
#include "tests/unit/frontend_fixture.h"

namespace {

using frontend::PlanResolver;
using frontend::SharedPlan;

constexpr char reading[] = "reading the plan's files";

// A plan of modules of each node's kernel; what is found for it does not matter.
struct Waiting {
  fakes::Kernel kernel;
  frontend::ContentStore store;
  PlanResolver plans{kernel.loop, kernel.workers, store};
  std::vector<std::string> served;

  Waiting() {
    frontend::PlanStep step;
    step.step.name = "modules";
    step.step.action = transport::ModuleStep{};
    step.need = frontend::ModulesNeed{{{"dummy", ""}}, "/nowhere/{kernel}", "/nowhere"};
    plans.set_plan({step});
  }
  PlanResolver::Ticket want(const std::string& release) {
    return plans.want(release, [this, release](const sys::Result<SharedPlan>& plan) {
      served.push_back(sys::cat(release, plan ? "" : ": " + plan.error().text()));
    });
  }
  void turn() { kernel.loop.run_until_idle(); }
};

TEST_CASE("kernels are served in the order in which they were asked for") {
  Waiting at;
  for (const char* release : {"zz", "6.1", "00", "5.10"})
    at.want(release);
  at.turn();
  CHECK(at.served == std::vector<std::string>{"zz", "6.1", "00", "5.10"});
}

TEST_CASE("so many kernels are waited for, and no more") {
  Waiting at;
  at.kernel.workers.hang(reading);
  for (std::size_t i = 0; i < PlanResolver::max_releases; ++i)
    at.want(sys::cat("r", i));
  at.turn();
  CHECK(at.served.empty());
  at.want("one too many");
  at.want("r1");  // is waited for already
  at.turn();
  REQUIRE(at.served.size() == 1);
  CHECK(at.served[0] == "one too many: nodes that run 32 other kernels wait for the plan's files already");
}

TEST_CASE("who waits is served by what runs, whatever is asked for meanwhile") {
  Waiting at;
  at.kernel.workers.hang(reading);
  at.want("6.1");
  at.turn();
  const auto before = at.kernel.workers.running();
  at.plans.forget();
  at.want("6.1");
  at.turn();
  CHECK(at.kernel.workers.running() == before);
  CHECK(at.kernel.faults.count("cancel worker reading the plan's files") == 0);
}

TEST_CASE("a resolution that nobody waits for any more ends") {
  Waiting at;
  at.kernel.workers.hang(reading);
  const auto first = at.want("odd");
  at.want("6.1");
  const auto third = at.want("5.10");
  at.turn();
  at.kernel.workers.behave(reading);
  at.plans.withdraw(third);
  at.plans.withdraw(first);
  at.turn();
  CHECK(at.served == std::vector<std::string>{"6.1"});
  CHECK(at.kernel.workers.running() == 0);
}

}  // namespace
