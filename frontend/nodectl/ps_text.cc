#include "frontend/nodectl/ps_text.h"

#include <algorithm>
#include <tuple>

#include "frontend/nodectl/json_text.h"
#include "frontend/nodectl/table.h"
#include "sys/accounts.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::ProcessEntry;
using transport::PsReply;

void sort(std::vector<PsReply>& nodes) {
  std::stable_sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  for (PsReply& node : nodes)
    std::sort(node.processes.begin(), node.processes.end(), [](const ProcessEntry& a, const ProcessEntry& b) {
      return std::tie(a.job, a.rank, a.pid) < std::tie(b.job, b.rank, b.pid);
    });
}

std::string two_digits(std::uint64_t number) { return sys::cat(number < 10 ? "0" : "", number); }

// "1:02:03", "2:03": hours when there are any.
std::string cpu_time(std::uint64_t us) {
  const std::uint64_t seconds = us / 1'000'000;
  const std::string tail = two_digits(seconds % 60);
  if (seconds < 3600) return sys::cat(seconds / 60, ":", tail);
  return sys::cat(seconds / 3600, ":", two_digits(seconds / 60 % 60), ":", tail);
}

std::string memory(std::uint64_t bytes) {
  if (bytes < 10u << 20) return sys::cat(bytes >> 10, "K");
  return bytes < 10ull << 30 ? sys::cat(bytes >> 20, "M") : sys::cat(bytes >> 30, "G");
}

std::string state_of(const ProcessEntry& entry) {
  const char letter = static_cast<char>(entry.state);
  return letter >= 'A' && letter <= 'z' ? std::string(1, letter) : "?";
}

bool has_rank(const ProcessEntry& entry) { return entry.rank < transport::no_rank; }

TableRow row_of(const PsReply& node, const ProcessEntry& entry) {
  return {sys::printable(node.name),
          entry.job == 0 ? "-" : sys::cat(entry.job),
          has_rank(entry) ? sys::cat(entry.rank) : "-",
          sys::cat(entry.pid),
          sys::cat(entry.parent),
          sys::printable(sys::user_name(entry.uid), 32),
          state_of(entry),
          cpu_time(entry.cpu_us),
          memory(entry.resident_bytes),
          sys::printable(entry.command, 256)};
}

Json json_of(const PsReply& node, const ProcessEntry& entry) {
  return {{"node", node.node},
          {"name", node.name},
          {"job", entry.job == 0 ? Json() : Json(entry.job)},
          {"rank", has_rank(entry) ? Json(entry.rank) : Json()},
          {"pid", entry.pid},
          {"parent", entry.parent},
          {"uid", entry.uid},
          {"user", sys::user_name(entry.uid)},
          {"state", state_of(entry)},
          {"started_us", entry.started_us},
          {"cpu_us", entry.cpu_us},
          {"resident_bytes", entry.resident_bytes},
          {"command", entry.command}};
}

}  // namespace

std::string ps_table(std::vector<PsReply> nodes) {
  sort(nodes);
  std::vector<TableRow> rows = {
      {"NODE", "JOB", "RANK", "PID", "PPID", "USER", "STATE", "CPU-TIME", "MEMORY", "COMMAND"}};
  for (const PsReply& node : nodes)
    for (const ProcessEntry& entry : node.processes)
      rows.push_back(row_of(node, entry));
  return format_table(rows);
}

std::string ps_json(std::vector<PsReply> nodes) {
  sort(nodes);
  Json all = Json::array();
  for (const PsReply& node : nodes)
    for (const ProcessEntry& entry : node.processes)
      all.push_back(json_of(node, entry));
  return json_listing(all);
}

}  // namespace frontend
