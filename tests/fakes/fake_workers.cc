#include "tests/fakes/fake_workers.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"
#include "tests/fakes/fake_children.h"

namespace fakes {

namespace {

constexpr int sigkill = 9;

class CapturedOutput final : public sys::WorkerOutput {
 public:
  CapturedOutput(std::vector<std::byte>& output, std::size_t limit) : output_(output), limit_(limit) {}

  sys::Status write(const void* data, std::size_t size) override {
    const auto* bytes = static_cast<const std::byte*>(data);
    const std::size_t kept = std::min(size, limit_ - output_.size());
    output_.insert(output_.end(), bytes, bytes + kept);
    overflow_ = overflow_ || kept < size;
    return {};
  }
  bool overflow() const { return overflow_; }

 private:
  std::vector<std::byte>& output_;
  std::size_t limit_;
  bool overflow_ = false;
};

sys::WorkerResult work_inline(const sys::WorkerSpec& spec) {
  sys::WorkerResult result;
  CapturedOutput output(result.output, spec.output_limit);
  try {
    result.exit.status = exited(spec.work(output) & 0xff);
  } catch (...) {
    result.exit.status = exited(125);
  }
  result.output_overflow = output.overflow();
  if (result.output_overflow) result.exit.status = killed_by(sigkill);
  return result;
}

}  // namespace

void FakeWorkers::hang(const std::string& name) { fates_[name] = {Fate::hangs, 0}; }
void FakeWorkers::hang_for_good(const std::string& name) { fates_[name] = {Fate::hangs_for_good, 0}; }
void FakeWorkers::die(const std::string& name, int signal) { fates_[name] = {Fate::dies, signal}; }

sys::Result<sys::WorkerId> FakeWorkers::start(sys::WorkerSpec spec, std::function<void(sys::WorkerResult)> done) {
  if (auto status = faults_.check(sys::cat("worker ", spec.name)); !status) return tl::unexpected(status.error());
  const sys::WorkerId id = next_id_++;
  running_.emplace(id, Worker{std::move(spec), std::move(done)});
  loop_.defer([this, id] { begin(id); });
  return id;
}

void FakeWorkers::begin(sys::WorkerId id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;  // cancelled
  const sys::WorkerSpec& spec = found->second.spec;
  const auto fate = fates_.find(spec.name);
  if (fate == fates_.end()) return finish(id, work_inline(spec));

  sys::WorkerResult result;
  result.exit.status = killed_by(sigkill);
  sys::Duration delay = spec.deadline;
  switch (fate->second.fate) {
    case Fate::dies:
      result.exit.status = killed_by(fate->second.signal);
      return finish(id, std::move(result));
    case Fate::hangs:
      result.end = sys::WorkerEnd::timed_out;
      break;
    case Fate::hangs_for_good:
      result.end = sys::WorkerEnd::hung;
      result.exit = {};
      delay += sys::kill_grace;
      break;
  }
  if (spec.deadline == sys::Duration::zero()) return;  // nobody will ever end it
  loop_.after(delay, [this, id, result] { finish(id, result); });
}

void FakeWorkers::finish(sys::WorkerId id, sys::WorkerResult result) {
  auto worker = running_.extract(id);
  if (worker.empty()) return;  // cancelled
  worker.mapped().done(std::move(result));
}

void FakeWorkers::cancel(sys::WorkerId id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  (void)faults_.next(sys::cat("cancel worker ", found->second.spec.name));
  running_.erase(found);
}

}  // namespace fakes
