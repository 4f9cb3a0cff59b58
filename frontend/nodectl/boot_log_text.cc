#include "frontend/nodectl/boot_log_text.h"

#include <array>
#include <string_view>
#include <utility>

#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::BootEntry;

std::string_view outcome_name(transport::Outcome outcome) {
  static constexpr std::array<std::string_view, 5> names = {"running", "done", "failed", "ignored", "skipped"};
  return names.at(static_cast<std::size_t>(outcome));
}

bool ended(const BootEntry& entry) { return entry.outcome != transport::Outcome::running; }

std::uint64_t duration_of(const BootEntry& entry) {
  return entry.end_us > entry.start_us ? entry.end_us - entry.start_us : 0;
}

double seconds(std::uint64_t us) { return static_cast<double>(us) / 1e6; }

Json entry_json(const BootEntry& entry) {
  return {{"step", entry.name},
          {"start_seconds", seconds(entry.start_us)},
          {"duration_seconds", ended(entry) ? Json(seconds(duration_of(entry))) : Json()},
          {"outcome", outcome_name(entry.outcome)},
          {"reason", entry.reason}};
}

}  // namespace

std::string boot_log_table(const transport::NodeBootRecord& record) {
  std::vector<TableRow> rows = {{"STEP", "START", "DURATION", "OUTCOME", "REASON"}};
  for (const BootEntry& entry : record.entries) {
    rows.push_back({sys::printable(entry.name), duration(entry.start_us),
                    ended(entry) ? duration(duration_of(entry)) : "-", std::string(outcome_name(entry.outcome)),
                    sys::printable(entry.reason)});
  }
  return sys::cat(sys::printable(record.name), "\n", format_table(rows));
}

Json boot_log_json(const transport::NodeBootRecord& record) {
  Json entries = Json::array();
  for (const BootEntry& entry : record.entries)
    entries.push_back(entry_json(entry));
  return {{"node", record.node}, {"name", record.name}, {"entries", std::move(entries)}};
}

}  // namespace frontend
