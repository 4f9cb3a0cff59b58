#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "frontend/nodectl/table.h"
#include "frontend/nodectl/time_text.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

using Json = nlohmann::ordered_json;
using transport::BootEntry;
using transport::NodeBootRecord;

std::string_view outcome_name(transport::Outcome outcome) {
  static constexpr std::array<std::string_view, 5> names = {"running", "done", "failed", "ignored", "skipped"};
  return names.at(static_cast<std::size_t>(outcome));
}

bool ended(const BootEntry& entry) { return entry.outcome != transport::Outcome::running; }

std::uint64_t duration_of(const BootEntry& entry) {
  return entry.end_us > entry.start_us ? entry.end_us - entry.start_us : 0;
}

std::string record_table(const NodeBootRecord& record) {
  std::vector<TableRow> rows = {{"STEP", "START", "DURATION", "OUTCOME", "REASON"}};
  for (const BootEntry& entry : record.entries) {
    rows.push_back({sys::printable(entry.name), duration(entry.start_us),
                    ended(entry) ? duration(duration_of(entry)) : "-", std::string(outcome_name(entry.outcome)),
                    sys::printable(entry.reason)});
  }
  return sys::cat(sys::printable(record.name), "\n", format_table(rows));
}

Json entry_json(const BootEntry& entry) {
  const Json seconds = ended(entry) ? Json(static_cast<double>(duration_of(entry)) / 1e6) : Json();
  return {{"step", entry.name},
          {"start_seconds", static_cast<double>(entry.start_us) / 1e6},
          {"duration_seconds", seconds},
          {"outcome", outcome_name(entry.outcome)},
          {"reason", entry.reason}};
}

Json record_json(const NodeBootRecord& record) {
  Json entries = Json::array();
  for (const BootEntry& entry : record.entries)
    entries.push_back(entry_json(entry));
  return {{"node", record.node}, {"name", record.name}, {"entries", std::move(entries)}};
}

}  // namespace

int run_boot_log(Context& context, const BootLogOptions& options) {
  Exchange exchange(context);
  Json all = Json::array();
  const int status = exchange.run(transport::BootLogRequest{options.nodes}, [&](transport::Message& message) {
    const auto* reply = std::get_if<transport::BootLogReply>(&message);
    if (reply == nullptr) return;
    if (context.json) {
      all.push_back(record_json(reply->record));
    } else {
      std::fputs(record_table(reply->record).c_str(), stdout);
    }
  });
  if (context.json && status == 0) {
    std::fputs((all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n").c_str(), stdout);
  }
  return status;
}

}  // namespace frontend
