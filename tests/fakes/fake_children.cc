#include "tests/fakes/fake_children.h"

#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace fakes {

void FakeChildren::expect(int pid, std::function<void(const sys::Exit&)> handler, sys::Leftovers leftovers) {
  expected_.insert_or_assign(pid, Expected{std::move(handler), leftovers});
}

sys::Status FakeChildren::signal(int pid, int signal, bool group) {
  const auto call = sys::cat("signal ", signal, " to ", group ? "group " : "", pid);
  if (auto status = faults_.check(call); !status) return status;
  if (!expected_.contains(pid)) return sys::failure(ESRCH, call);
  return {};
}

sys::Status FakeChildren::queue(int pid, int signal, int value) {
  const auto call = sys::cat("signal ", signal, " with value ", value, " to ", pid);
  if (auto status = faults_.check(call); !status) return status;
  if (!expected_.contains(pid)) return sys::failure(ESRCH, call);
  return {};
}

std::vector<int> FakeChildren::pids() const {
  std::vector<int> pids;
  for (const auto& [pid, expected] : expected_)
    pids.push_back(pid);
  return pids;
}

void FakeChildren::end(const sys::Exit& exit) {
  auto expected = expected_.extract(exit.pid);
  if (expected.empty()) {
    ++orphans_;
    return;
  }
  const auto leftovers = expected.mapped().leftovers;
  if (leftovers == sys::Leftovers::die || (leftovers == sys::Leftovers::die_on_failure && exit.status != 0))
    ended_groups_.insert(exit.pid);
  expected.mapped().handler(exit);
}

}  // namespace fakes
