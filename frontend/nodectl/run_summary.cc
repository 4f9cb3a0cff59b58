#include "frontend/nodectl/run_summary.h"

#include <algorithm>

#include "frontend/nodectl/time_text.h"
#include "sys/children.h"
#include "sys/text.h"

namespace frontend {
namespace {

std::string time_of(std::int64_t us) { return duration(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0))); }

}  // namespace

void RunSummary::add(const std::string& node, const transport::RunEnd& end) {
  const bool known = end.started && end.reason.empty();
  const std::string status = known ? sys::describe_status(end.status) : sys::printable(end.reason, 256);
  if (known) {
    rows_[end.rank] = {node, time_of(end.user_us), time_of(end.system_us), sys::cat(end.max_rss_kib, "K"), status};
  } else {
    rows_[end.rank] = {node, "-", "-", "-", status};
  }
}

std::string RunSummary::table() const {
  std::vector<TableRow> all = {{"NODE", "USER", "SYSTEM", "MAX-RSS", "END"}};
  for (const auto& [rank, row] : rows_)
    all.push_back(row);
  return format_table(all);
}

}  // namespace frontend
