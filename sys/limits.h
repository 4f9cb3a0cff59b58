// What the kernel lets a process have (getrlimit(2)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace sys {

constexpr std::uint64_t unlimited = ~std::uint64_t{0};

struct Limit {
  std::uint8_t resource = 0;  // RLIMIT_...
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  bool operator==(const Limit&) const = default;
};

// A resource by its name in getrlimit(2), in lower case and without its prefix: "nofile".
struct LimitName {
  std::string_view name;
  std::uint8_t resource;
  bool bytes;           // what is counted
  bool guards = false;  // others: it is of what all share, or lets a process go before them
};
// Nothing when there is none.
const LimitName* find_limit(std::string_view name);
const LimitName* find_limit(std::uint8_t resource);
std::string limit_names();  // "as, core, cpu, ..."

// "nofile 1024:4096", "core unlimited".
std::string describe(const Limit& limit);

// Of this process.
Result<Limit> current_limit(std::uint8_t resource);
// Of all resources.
std::vector<Limit> current_limits();
Status set_limit(const Limit& limit);
// Whether this process could give it to its children: tries what could be refused, and takes it back.
Status try_limit(const Limit& limit);

// Raises the number of open descriptors to as many as are allowed, at most `wanted`; returns how many that is.
Result<std::uint64_t> raise_open_files(std::uint64_t wanted);

}  // namespace sys
