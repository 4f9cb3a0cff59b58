#include "frontend/nodectl/job_limits.h"

#include <algorithm>

#include "sys/limits.h"
#include "sys/text.h"

namespace frontend {
namespace {

struct Unit {
  std::string_view letters;
  std::uint64_t bytes;
};
constexpr Unit units[] = {{"gG", 1ull << 30}, {"mM", 1ull << 20}, {"kK", 1ull << 10}};
constexpr std::uint64_t most_memory = 1ull << 62;
constexpr std::uint64_t most_processors = 1u << 16;

// In the largest unit that it is a whole number of.
std::string in_units(std::uint64_t bytes) {
  for (const Unit& unit : units)
    if (bytes % unit.bytes == 0) return sys::cat(bytes / unit.bytes, unit.letters.back());
  return sys::cat(bytes);
}

bool is_cpu_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = sys::parse_number(text.substr(0, dash), 0, most_processors);
  if (dash == text.npos) return first.has_value();
  const auto last = sys::parse_number(text.substr(dash + 1), 0, most_processors);
  return first && last && *first <= *last;
}

}  // namespace

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  for (const Unit& unit : units) {
    if (text.empty() || unit.letters.find(text.back()) == unit.letters.npos) continue;
    const auto count = sys::parse_number(text.substr(0, text.size() - 1), 1, most_memory / unit.bytes);
    return count ? std::optional(*count * unit.bytes) : std::nullopt;
  }
  return sys::parse_number(text, 1, most_memory);
}

bool is_cpu_list(std::string_view text) {
  const auto ranges = sys::split(text, ',');
  return std::all_of(ranges.begin(), ranges.end(), is_cpu_range);
}

std::vector<transport::LimitEntry> own_limits() {
  std::vector<transport::LimitEntry> all;
  for (const sys::Limit& limit : sys::current_limits())
    all.push_back({limit.resource, limit.soft, limit.hard});
  return all;
}

std::string words_for_memory(std::uint8_t hit, const transport::JobLimits& limits) {
  if ((hit & transport::hit_memory) == 0) return {};
  if (limits.memory_bytes == 0) return "the node ran out of memory: processes of the job were killed";
  return sys::cat("the job ran out of memory there (limit ", in_units(limits.memory_bytes), "): killed");
}

std::string words_for_pids(std::uint8_t hit, const transport::JobLimits& limits) {
  if ((hit & transport::hit_pids) == 0) return {};
  return sys::cat("the limit of ", limits.pids, " processes was hit: some were not started");
}

}  // namespace frontend
