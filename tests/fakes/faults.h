// What all fakes of one test share: the list of calls that were made of them, and the one call that fails.
// A test that must survive any failure sweeps:
//
//   for (int n = 1;; ++n) {
//     Faults faults;
//     faults.fail_at = n;
//     ... build the fakes with `faults`, run, check that what was promised holds ...
//     if (!faults.fired()) break;  // fewer than n calls were made: every one of them has failed once
//   }
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace fakes {

struct Faults {
  // Records "operation object"; the errno that this call is to fail with, or nothing.
  std::optional<int> next(std::string call);
  // The same as a Status, for fakes that need no more.
  sys::Status check(std::string call);

  bool fired() const { return fail_at > 0 && made >= fail_at; }
  // How many of the recorded calls begin with `prefix`.
  int count(std::string_view prefix) const;

  std::vector<std::string> calls;
  int made = 0;     // calls so far
  int fail_at = 0;  // the call that fails, counted from 1; 0: none
  int code = EIO;
};

}  // namespace fakes
