#include "frontend/nodectl/run_summary.h"

#include <doctest/doctest.h>

TEST_CASE("run: the summary has a line for each rank, in order") {
  frontend::RunSummary summary;
  summary.add("n5", {.rank = 1, .started = false, .code = 2, .reason = "no such program"});
  summary.add(
      "n3",
      {.rank = 0, .started = true, .status = 3 << 8, .user_us = 1'250'000, .system_us = 850, .max_rss_kib = 2048});
  CHECK(summary.table() ==
        "NODE  USER   SYSTEM  MAX-RSS  END\n"
        "n3    1.25s  850us   2048K    exit status 3\n"
        "n5    -      -       -        no such program\n");
}
