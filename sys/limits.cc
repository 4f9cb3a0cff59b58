#include "sys/limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sys/text.h"

namespace sys {
namespace {

constexpr LimitName names[] = {
    {"as", RLIMIT_AS, true},
    {"core", RLIMIT_CORE, true},
    {"cpu", RLIMIT_CPU, false},
    {"data", RLIMIT_DATA, true},
    {"fsize", RLIMIT_FSIZE, true},
    {"locks", RLIMIT_LOCKS, false},
    {"memlock", RLIMIT_MEMLOCK, true, true},
    {"msgqueue", RLIMIT_MSGQUEUE, true, true},
    {"nice", RLIMIT_NICE, false, true},
    {"nofile", RLIMIT_NOFILE, false},
    {"nproc", RLIMIT_NPROC, false, true},
    {"rss", RLIMIT_RSS, true},
    {"rtprio", RLIMIT_RTPRIO, false, true},
    {"rttime", RLIMIT_RTTIME, false, true},
    {"sigpending", RLIMIT_SIGPENDING, false, true},
    {"stack", RLIMIT_STACK, true},
};

std::string in_words(std::uint64_t value) { return value == unlimited ? "unlimited" : cat(value); }

std::uint64_t ours(rlim_t value) { return value == RLIM_INFINITY ? unlimited : std::uint64_t{value}; }
rlim_t kernels(std::uint64_t value) { return value == unlimited ? RLIM_INFINITY : rlim_t{value}; }

}  // namespace

const LimitName* find_limit(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(names), std::end(names), [&](const LimitName& row) { return row.name == name; });
  return found == std::end(names) ? nullptr : found;
}

const LimitName* find_limit(std::uint8_t resource) {
  const auto* const found =
      std::find_if(std::begin(names), std::end(names), [&](const LimitName& row) { return row.resource == resource; });
  return found == std::end(names) ? nullptr : found;
}

std::string limit_names() {
  std::string text;
  for (const LimitName& row : names)
    text += cat(text.empty() ? "" : ", ", row.name);
  return text;
}

std::string describe(const Limit& limit) {
  const LimitName* row = find_limit(limit.resource);
  const std::string name = row ? std::string(row->name) : cat("number ", unsigned{limit.resource});
  if (limit.soft == limit.hard) return cat(name, " ", in_words(limit.soft));
  return cat(name, " ", in_words(limit.soft), ":", in_words(limit.hard));
}

Result<Limit> current_limit(std::uint8_t resource) {
  rlimit found{};
  if (::getrlimit(static_cast<decltype(RLIMIT_NOFILE)>(resource), &found) < 0)
    return failure(errno, cat("read limit number ", unsigned{resource}));
  return Limit{resource, ours(found.rlim_cur), ours(found.rlim_max)};
}

std::vector<Limit> current_limits() {
  std::vector<Limit> all;
  for (const LimitName& row : names)
    if (const auto limit = current_limit(row.resource)) all.push_back(*limit);
  return all;
}

Status set_limit(const Limit& limit) {
  const rlimit wanted{kernels(limit.soft), kernels(limit.hard)};
  if (::setrlimit(static_cast<decltype(RLIMIT_NOFILE)>(limit.resource), &wanted) == 0) return {};
  const int code = errno;
  return failure(code, cat("set limit ", describe(limit)));
}

Status try_limit(const Limit& limit) {
  const auto now = current_limit(limit.resource);
  if (!now) return tl::unexpected(now.error());
  if (limit.hard <= now->hard) return {};
  // Who may raise a hard limit may lower it again.
  const auto raised = set_limit({limit.resource, now->soft, limit.hard});
  if (!raised) return failure(raised.error().code, cat("set limit ", describe(limit)));
  return set_limit(*now);
}

Result<std::uint64_t> raise_open_files(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return failure(errno, "read the limit of open files");
  if (limit.rlim_cur >= wanted) return static_cast<std::uint64_t>(limit.rlim_cur);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) return failure(errno, "raise the limit of open files");
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

}  // namespace sys
