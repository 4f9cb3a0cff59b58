#include "frontend/nodemaster/mount_marks.h"

#include <algorithm>

#include "sys/stream.h"

namespace frontend {
namespace {

bool is_part_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool stands_alone(const std::string& text, std::size_t at, std::size_t size) {
  const bool begins = at == 0 || !is_part_of_a_word(text[at - 1]);
  return begins && (at + size == text.size() || !is_part_of_a_word(text[at + size]));
}

void replace(std::string& text, std::string_view mark, const std::string& value) {
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
    if (mark == front_end_mark && !stands_alone(text, at, mark.size())) {
      at += mark.size();
    } else {
      text.replace(at, mark.size(), value);
      at += value.size();
    }
  }
}

}  // namespace

void set_front_end(std::vector<PlanStep>& plan, std::uint32_t address) {
  const std::string value = sys::format_ip(address);
  for (PlanStep& step : plan) {
    auto* mount = std::get_if<transport::MountStep>(&step.step.action);
    if (!mount) continue;
    replace(mount->source, front_end_mark, value);
    replace(mount->options, front_end_mark, value);
  }
}

void set_server(transport::MountStep& mount, std::uint32_t address) {
  replace(mount.options, server_mark, sys::format_ip(address));
}

std::size_t longest_filled_in(std::string_view text) {
  constexpr std::size_t longest_value = 63;  // a node's name; addresses have at most 15 bytes
  const auto braces = static_cast<std::size_t>(std::count(text.begin(), text.end(), '{'));
  std::size_t front_ends = 0;
  for (auto at = text.find(front_end_mark); at != text.npos; at = text.find(front_end_mark, at + 1))
    ++front_ends;
  return text.size() + (braces + front_ends) * longest_value;
}

}  // namespace frontend
