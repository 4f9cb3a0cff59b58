#include "nodeinit/records.h"

#include <algorithm>

namespace node {

void append_field(std::string& out, std::string_view field) {
  const std::size_t start = out.size();
  out += field;
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', ' ');
  out += '\0';
}

std::optional<std::vector<std::string_view>> split_fields(std::span<const std::byte> bytes, std::size_t per_record) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::string_view> fields;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    fields.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (fields.size() % per_record != 0) return std::nullopt;
  return fields;
}

std::string describe_end(const sys::WorkerResult& result) {
  switch (result.end) {
    case sys::WorkerEnd::timed_out:
      return "killed at its deadline";
    case sys::WorkerEnd::hung:
      return "it hangs in the kernel";
    case sys::WorkerEnd::exited:
      break;
  }
  return result.output_overflow ? "it said too much" : sys::describe_status(result.exit.status);
}

}  // namespace node
