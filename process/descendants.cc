#include "process/descendants.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sys/text.h"

namespace process {
namespace {

using transport::JobProcess;

constexpr std::size_t file_limit = 4096;

// The first fields of proc(5): "PID (NAME) STATE ...", where the name may hold anything. Nothing: it has gone.
std::optional<JobProcess> read_process(sys::Files& files, int pid) {
  const auto text = files.read(sys::cat("/proc/", pid, "/stat"), file_limit);
  if (!text) return std::nullopt;
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == text->npos || close == text->npos || close < open) return std::nullopt;
  const std::string_view rest = sys::trim(std::string_view(*text).substr(close + 1));
  return JobProcess{.pid = pid,
                    .stopped = rest.starts_with('T') || rest.starts_with('t'),
                    .name = text->substr(open + 1, close - open - 1)};
}

bool same(const JobProcess& one, const JobProcess& other) {
  return one.pid == other.pid && one.stopped == other.stopped && one.name == other.name;
}

bool same(const transport::JobProcesses& one, const transport::JobProcesses& other) {
  return one.more == other.more &&
         std::ranges::equal(one.processes, other.processes,
                            [](const JobProcess& a, const JobProcess& b) { return same(a, b); });
}

}  // namespace

void Descendants::follow(std::uint64_t job, std::uint32_t rank, int pid) {
  if (!tell_ || !groups_.available() || followed_.size() >= max_followed) return;
  Followed followed{.pid = pid, .told = {}};
  followed.told.job = job;
  followed.told.rank = rank;
  if (followed_.try_emplace(job, std::move(followed)).second) look_soon();
}

void Descendants::drop(std::uint64_t job, std::uint32_t rank) {
  const auto found = followed_.find(job);
  if (found == followed_.end() || found->second.told.rank != rank) return;
  followed_.erase(found);
  if (followed_.empty()) timer_.cancel();
}

void Descendants::repeat() {
  for (const auto& [job, followed] : followed_)
    if (!followed.told.processes.empty()) tell_(followed.told);
}

// One that begins brings the next look nearer, and never puts it off.
void Descendants::look_soon() {
  if (!timer_.pending() || pause_ > first_look) look_in(first_look);
}

void Descendants::look_in(sys::Duration pause) {
  pause_ = pause;
  timer_.set(pause, [this] { look(); });
}

void Descendants::look() {
  bool changed = false;
  for (auto& [job, followed] : followed_)
    changed = look_at(followed) || changed;
  look_in(changed ? after_change : std::min(2 * pause_, rarest));
}

bool Descendants::look_at(Followed& followed) {
  auto found = read(followed);
  if (same(found, followed.told)) return false;
  followed.told = std::move(found);
  tell_(followed.told);
  return true;
}

transport::JobProcesses Descendants::read(const Followed& followed) {
  auto pids = groups_.pids(followed.told.job);
  if (!pids) return followed.told;  // too many to be listed: those are there still
  transport::JobProcesses all{.job = followed.told.job, .rank = followed.told.rank};
  std::erase(*pids, followed.pid);
  std::ranges::sort(*pids);
  all.more = pids->size() > max_told;
  pids->resize(std::min(pids->size(), max_told));
  for (const int pid : *pids)
    if (auto process = read_process(files_, pid)) all.processes.push_back(*std::move(process));
  return all;
}

}  // namespace process
