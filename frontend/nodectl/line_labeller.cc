#include "frontend/nodectl/line_labeller.h"

#include "sys/text.h"

namespace frontend {

LineLabeller::LineLabeller(std::string_view name) : label_(sys::cat(name, ": ")) {}

std::string LineLabeller::add(std::span<const std::byte> data) {
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  std::string out;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    out += sys::cat(label_, held_, text.substr(0, end + 1));
    held_.clear();
    text.remove_prefix(end + 1);
  }
  held_ += text;
  if (held_.size() > line_limit) out += finish();
  return out;
}

std::string LineLabeller::finish() {
  if (held_.empty()) return {};
  std::string out = sys::cat(label_, held_, "\n");
  held_.clear();
  return out;
}

}  // namespace frontend
