// How the worker of an attempt tells its parent what it found: a byte that says what follows, the errno in four bytes
// (little-endian), and the error's text, the outcome's remark or, of a survey, the entries, in four bytes each. Parent and worker are one
// program, but a worker that was killed or has crashed may leave anything, so it is checked all the same.
#pragma once

#include "setup/step.h"
#include "sys/worker.h"

namespace setup {

constexpr std::size_t max_verdict = 128u << 10;  // bytes

// In the worker; returns its exit status.
int write_verdict(const sys::Result<StepOutcome>& outcome, sys::WorkerOutput& output);
int write_survey(const sys::Result<Entries>& found, sys::WorkerOutput& output);

// In the parent: what the attempt found, or what became of the worker. For the message: its `deadline`, and whom it
// may have waited for until then (waits_for() of the step).
sys::Result<StepOutcome> read_verdict(const sys::WorkerResult& result, sys::Duration deadline,
                                      std::string_view waited_for = {});
// Entries are below `count`, and ascend.
sys::Result<Entries> read_survey(const sys::WorkerResult& result, sys::Duration deadline, std::size_t count);

// "5 s", "1500 ms".
std::string in_words(sys::Duration duration);

// "killed at its deadline of 5 s".
std::string killed_at(sys::Duration deadline);

}  // namespace setup
