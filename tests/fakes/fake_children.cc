#include "tests/fakes/fake_children.h"

#include <cerrno>
#include <utility>

#include "sys/text.h"

namespace fakes {

void FakeChildren::expect(int pid, std::function<void(const sys::Exit&)> handler) {
  expected_.insert_or_assign(pid, std::move(handler));
}

sys::Status FakeChildren::signal(int pid, int signal, bool group) {
  const auto call = sys::cat("signal ", signal, " to ", group ? "group " : "", pid);
  if (auto status = faults_.check(call); !status) return status;
  if (!expected_.contains(pid)) return sys::failure(ESRCH, call);
  return {};
}

std::vector<int> FakeChildren::pids() const {
  std::vector<int> pids;
  for (const auto& [pid, handler] : expected_) pids.push_back(pid);
  return pids;
}

void FakeChildren::end(const sys::Exit& exit) {
  auto handler = expected_.extract(exit.pid);
  if (handler.empty()) {
    ++orphans_;
  } else {
    handler.mapped()(exit);
  }
}

}  // namespace fakes
