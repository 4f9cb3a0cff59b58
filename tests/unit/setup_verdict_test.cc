#include "setup/verdict.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_children.h"

using namespace setup;
using namespace std::chrono_literals;

namespace {

struct Collected final : sys::WorkerOutput {
  sys::Status write(const void* data, std::size_t size) override {
    const auto* bytes = static_cast<const std::byte*>(data);
    output.insert(output.end(), bytes, bytes + size);
    return {};
  }
  std::vector<std::byte> output;
};

sys::WorkerResult exchange(const sys::Result<StepOutcome>& outcome) {
  Collected collected;
  sys::WorkerResult result;
  result.exit.status = fakes::exited(write_verdict(outcome, collected));
  result.output = collected.output;
  return result;
}

std::string complaint(const sys::WorkerResult& result, sys::Duration deadline = 5s) {
  const auto outcome = read_verdict(result, deadline);
  return outcome ? "none" : outcome.error().text();
}

sys::WorkerResult with_output(std::string_view text) {
  sys::WorkerResult result;
  for (const char c : text)
    result.output.push_back(static_cast<std::byte>(c));
  return result;
}

}  // namespace

TEST_CASE("what a worker finds reaches its parent as it is") {
  for (const bool changed : {false, true}) {
    const auto outcome = read_verdict(exchange(StepOutcome{changed, "and so on"}), 1s);
    REQUIRE(outcome);
    CHECK(outcome->changed == changed);
    CHECK(outcome->remark == "and so on");
  }
  const auto failed = read_verdict(exchange(sys::failure(ENOSPC, "copy a to b")), 1s);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ENOSPC);
  CHECK(failed.error().what == "copy a to b");
}

TEST_CASE("a long error is cut, a hostile one made fit to print") {
  const auto result = exchange(sys::refusal(std::string(100'000, 'x')));
  CHECK(result.output.size() < 2000);
  CHECK_FALSE(read_verdict(result, 1s));
  CHECK(complaint(with_output(std::string("\x03\0\0\0\0\x1b[2J", 9))) == "\\x1b[2J");
}

TEST_CASE("a worker that ended without a verdict says how it ended") {
  sys::WorkerResult result;
  result.exit.status = fakes::killed_by(11);
  CHECK(complaint(result).starts_with("worker died: killed by signal 11"));
  result.exit.status = fakes::exited(125);
  CHECK(complaint(result) == "worker died: exit status 125");
  result = {.end = sys::WorkerEnd::timed_out};
  CHECK(complaint(result) == "killed at its deadline of 5 s");
  CHECK(complaint(result, 1500ms) == "killed at its deadline of 1500 ms");
  result.end = sys::WorkerEnd::hung;
  CHECK(complaint(result) == "does not die: stuck in the kernel since it was killed at its deadline of 5 s");
}

TEST_CASE("what a survey finds reaches the parent, which believes only what can be") {
  const auto survey_of = [](const sys::Result<Entries>& found) {
    Collected collected;
    sys::WorkerResult result;
    result.exit.status = fakes::exited(write_survey(found, collected));
    result.output = collected.output;
    return result;
  };
  CHECK(*read_survey(survey_of(Entries{}), 1s, 0) == Entries{});
  CHECK(*read_survey(survey_of(Entries{0, 7, 300}), 1s, 301) == Entries{0, 7, 300});
  CHECK_FALSE(read_survey(survey_of(Entries{0, 7, 300}), 1s, 300));
  CHECK_FALSE(read_survey(survey_of(Entries{7, 7}), 1s, 300));
  CHECK(read_survey(survey_of(sys::failure(EIO, "read x")), 1s, 1).error().code == EIO);
  auto cut = survey_of(Entries{1});
  cut.output.pop_back();
  CHECK_FALSE(read_survey(cut, 1s, 300));
  CHECK_FALSE(read_survey(exchange(StepOutcome{}), 1s, 300));
  CHECK_FALSE(read_verdict(survey_of(Entries{1}), 1s));
  CHECK(max_verdict > 16384 * 4 + 5);  // what a step of the most entries finds
}

TEST_CASE("a verdict that makes no sense is refused") {
  CHECK(complaint(with_output("")) == "worker ended without a word about the step");
  CHECK(complaint(with_output("\x01")) == "worker ended without a word about the step");
  CHECK(complaint(with_output(std::string("\x07\0\0\0\0", 5))) == "worker said something that is not understood");
  auto result = exchange(StepOutcome{});
  result.output_overflow = true;
  CHECK(complaint(result) == "worker said more than it may");
}

TEST_CASE("a worker that was killed is told with whom it waited for") {
  sys::WorkerResult result;
  for (const auto end : {sys::WorkerEnd::timed_out, sys::WorkerEnd::hung}) {
    result.end = end;
    const auto outcome = read_verdict(result, 5s, "NFS server nfs1 (10.9.0.5)");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().text().ends_with(
        "killed at its deadline of 5 s, while it waited for NFS server nfs1 (10.9.0.5)"));
  }
}
