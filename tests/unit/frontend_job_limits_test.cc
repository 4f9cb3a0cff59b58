#include "frontend/nodectl/job_limits.h"

#include <doctest/doctest.h>

using namespace frontend;

TEST_CASE("job limits: amounts of memory") {
  CHECK(parse_memory("64M") == 64u << 20);
  CHECK(parse_memory("2g") == 2ull << 30);
  CHECK(parse_memory("16k") == 16u << 10);
  CHECK(parse_memory("1048576") == 1048576);
  for (const char* wrong : {"", "0", "M", "0M", "64T", "-1", "1.5G", "64 M", "99999999999G"})
    CHECK_FALSE(parse_memory(wrong));
}

TEST_CASE("job limits: lists of processors") {
  for (const char* right : {"0", "0-3", "0-3,7", "65536"})
    CHECK(is_cpu_list(right));
  for (const char* wrong : {"", "0-", "-1", "3-0", "0,,1", "0-3;7", "65537", "a"})
    CHECK_FALSE(is_cpu_list(wrong));
}

TEST_CASE("job limits: what was hit is said with the limit") {
  const transport::JobLimits limits{.memory_bytes = 64u << 20, .pids = 50, .cpus = {}};
  CHECK(words_for_memory(transport::hit_memory, limits) == "the job ran out of memory there (limit 64M): killed");
  CHECK(words_for_memory(transport::hit_memory, {}) == "the node ran out of memory: processes of the job were killed");
  CHECK(words_for_memory(transport::hit_pids, limits).empty());
  CHECK(words_for_pids(transport::hit_pids, limits) == "the limit of 50 processes was hit: some were not started");
  CHECK(words_for_pids(transport::hit_memory, limits).empty());
}
