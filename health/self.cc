#include "health/self.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "sys/text.h"

namespace health {
namespace {

constexpr std::size_t file_limit = 16u << 10;  // bytes; both files are far smaller

// The figure of one line of smaps_rollup: "Rss:     1234 kB", in bytes.
std::optional<std::uint64_t> kilobytes(std::string_view text) {
  text = sys::trim(text);
  if (!text.ends_with(" kB")) return {};
  const auto value = sys::parse_number(sys::trim(text.substr(0, text.size() - 3)), 0, UINT64_MAX >> 10);
  if (!value) return {};
  return *value << 10;
}

sys::Status read_memory(std::string_view rollup, transport::SelfUsage& usage) {
  struct Field {
    std::string_view name;
    std::optional<std::uint64_t> bytes;
  };
  Field fields[] = {{"Rss", {}}, {"Private_Clean", {}}, {"Private_Dirty", {}}};
  for (const auto line : sys::split(rollup, '\n')) {
    const auto colon = line.find(':');
    for (Field& field : fields)
      if (line.substr(0, colon) == field.name && colon != line.npos) field.bytes = kilobytes(line.substr(colon + 1));
  }
  for (const Field& field : fields)
    if (!field.bytes) return sys::refusal(sys::cat("/proc/1/smaps_rollup: no usable line ", field.name));
  usage.resident_bytes = *fields[0].bytes;
  usage.private_bytes = *fields[1].bytes + *fields[2].bytes;
  return {};
}

// The program's name, in parentheses, may hold anything, blanks and parentheses included: what counts begins
// after the last parenthesis.
sys::Status read_cpu(std::string_view stat, transport::SelfUsage& usage) {
  constexpr std::size_t user = 11, system = 12;       // fields 14 and 15 of proc(5), counted from field 3
  constexpr std::uint64_t tick_us = 1'000'000 / 100;  // USER_HZ is 100 on every architecture that we run on
  const auto parenthesis = stat.rfind(')');
  if (parenthesis == stat.npos) return sys::refusal("/proc/1/stat: no program name in it");
  const auto fields = sys::split(sys::trim(stat.substr(parenthesis + 1)), ' ');
  if (fields.size() <= system) return sys::refusal("/proc/1/stat: too few fields");
  const auto user_ticks = sys::parse_number(fields[user], 0, UINT64_MAX / tick_us / 2);
  const auto system_ticks = sys::parse_number(fields[system], 0, UINT64_MAX / tick_us / 2);
  if (!user_ticks || !system_ticks) return sys::refusal("/proc/1/stat: CPU times are not numbers");
  usage.cpu_us = (*user_ticks + *system_ticks) * tick_us;
  return {};
}

}  // namespace

// nodeinit is PID 1 or nothing. By that name, since /proc/self is a link: with one on the way, a path is walked in some
// twenty system calls (sys/safe_path.h), for every ping.
sys::Status read_self(sys::Files& files, transport::SelfUsage& usage) {
  const auto rollup = files.read("/proc/1/smaps_rollup", file_limit);
  if (!rollup) return tl::unexpected(rollup.error());
  if (auto status = read_memory(*rollup, usage); !status) return status;
  const auto stat = files.read("/proc/1/stat", file_limit);
  if (!stat) return tl::unexpected(stat.error());
  return read_cpu(*stat, usage);
}

}  // namespace health
