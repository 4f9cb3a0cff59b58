#include "process/process_table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sys/text.h"

namespace process {
namespace {

using transport::ProcessEntry;

constexpr std::size_t file_limit = 16u << 10;
constexpr std::size_t command_line_limit = 4u << 20;  // what the kernel has at most, and more
constexpr std::uint64_t most = ~std::uint64_t{0};
constexpr std::uint64_t tick_us = 1'000'000 / 100;  // USER_HZ is 100 on every architecture that we run on
constexpr int most_ancestors = 1024;

std::uint64_t number(std::string_view text) { return sys::parse_number(sys::trim(text), 0, most).value_or(0); }

struct Reader {
  sys::Files& files;
  sys::Cgroups& cgroups;
  std::map<int, KnownRank> ranks;           // by pid
  std::map<std::uint64_t, int> rank_count;  // of jobs
  std::map<int, ProcessEntry> found;
  std::string own_program;  // of PID 1, and so of its workers

  bool read(int pid);
  bool read_status(const std::string& folder, ProcessEntry& entry);
  bool read_stat(const std::string& folder, ProcessEntry& entry);
  std::string command_of(const std::string& folder, const std::string& name);
  std::uint64_t job_of(int pid);
  const KnownRank* ancestor(int pid) const;
  void assign(ProcessEntry& entry) const;

  std::string name;  // of the process that is being read
};

// False: it has gone meanwhile, or does not count.
bool Reader::read(int pid) {
  const std::string folder = sys::cat("/proc/", pid);
  ProcessEntry entry{.pid = pid};
  if (!read_status(folder, entry) || !read_stat(folder, entry)) return false;
  const bool kernels = entry.parent == 0 || entry.parent == 2;
  if (pid == 1 || (kernels && !files.read_link(folder + "/exe"))) return false;
  entry.job = job_of(pid);
  if (entry.job == 0 && !ranks.contains(pid)) {
    const auto program = files.read_link(folder + "/exe");
    if (program && *program == own_program) return false;
  }
  entry.command = command_of(folder, name);
  found.emplace(pid, std::move(entry));
  return true;
}

bool Reader::read_status(const std::string& folder, ProcessEntry& entry) {
  const auto text = files.read(folder + "/status", file_limit);
  if (!text) return false;
  for (const std::string_view line : sys::split(*text, '\n')) {
    const auto colon = line.find(":\t");
    if (colon == line.npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = sys::trim(line.substr(colon + 2));
    if (key == "Name") name = value;
    if (key == "State" && !value.empty()) entry.state = static_cast<std::uint8_t>(value.front());
    if (key == "PPid") entry.parent = static_cast<std::int32_t>(number(value));
    if (key == "Uid") entry.uid = static_cast<std::uint32_t>(number(value.substr(0, value.find('\t'))));
    if (key == "VmRSS") entry.resident_bytes = number(value.substr(0, value.find(' '))) << 10;
  }
  return true;
}

// Fields 14, 15 and 22 of proc(5), counted from field 3: the name before them may hold anything.
bool Reader::read_stat(const std::string& folder, ProcessEntry& entry) {
  const auto text = files.read(folder + "/stat", file_limit);
  if (!text) return false;
  const auto parenthesis = text->rfind(')');
  if (parenthesis == text->npos) return false;
  const auto fields = sys::split(sys::trim(std::string_view(*text).substr(parenthesis + 1)), ' ');
  if (fields.size() < 20) return false;
  entry.cpu_us = (number(fields[11]) + number(fields[12])) * tick_us;
  entry.started_us = number(fields[19]) * tick_us;
  return true;
}

// Its arguments; of one that has none (a zombie) its name in brackets.
std::string Reader::command_of(const std::string& folder, const std::string& its_name) {
  auto line = files.read(folder + "/cmdline", command_line_limit);
  if (!line || line->empty()) return sys::cat("[", its_name, "]");
  line->resize(std::min(line->size(), max_command));
  while (!line->empty() && line->back() == '\0')
    line->pop_back();
  std::replace(line->begin(), line->end(), '\0', ' ');
  return sys::printable(*line, max_command);
}

std::uint64_t Reader::job_of(int pid) {
  if (!cgroups.available()) return 0;
  const auto group = cgroups.group_of(pid);
  return group && group->starts_with("job-") ? number(std::string_view(*group).substr(4)) : 0;
}

const KnownRank* Reader::ancestor(int pid) const {
  for (int i = 0; i < most_ancestors; ++i) {
    if (const auto rank = ranks.find(pid); rank != ranks.end()) return &rank->second;
    const auto process = found.find(pid);
    if (process == found.end()) return nullptr;
    pid = process->second.parent;
  }
  return nullptr;
}

void Reader::assign(ProcessEntry& entry) const {
  if (const KnownRank* rank = ancestor(entry.pid)) {
    entry.job = rank->job;
    entry.rank = rank->rank;
    return;
  }
  const auto count = rank_count.find(entry.job);
  if (entry.job == 0 || count == rank_count.end() || count->second != 1) return;
  for (const auto& [pid, rank] : ranks)
    if (rank.job == entry.job) entry.rank = rank.rank;
}

}  // namespace

std::vector<ProcessEntry> list_processes(sys::Files& files, sys::Cgroups& cgroups,
                                         const std::vector<KnownRank>& ranks) {
  Reader reader{files, cgroups, {}, {}, {}, files.read_link("/proc/1/exe").value_or(""), {}};
  for (const KnownRank& rank : ranks) {
    reader.ranks.emplace(rank.pid, rank);
    ++reader.rank_count[rank.job];
  }
  const auto names = files.list("/proc");
  if (!names) return {};
  for (const std::string& entry : *names) {
    const auto pid = sys::parse_number(entry, 1, 0x7fffffff);
    if (pid && reader.found.size() < max_listed) reader.read(static_cast<int>(*pid));
  }
  std::vector<ProcessEntry> all;
  for (auto& [pid, entry] : reader.found) {
    reader.assign(entry);
    all.push_back(entry);
  }
  return all;
}

}  // namespace process
