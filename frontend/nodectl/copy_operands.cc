#include "frontend/nodectl/copy_operands.h"

#include <string_view>

#include "frontend/common/lexical_path.h"
#include "sys/text.h"

namespace frontend {
namespace {

struct Operand {
  std::string nodes;  // empty: this machine
  std::string path;
};

Operand split(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == text.npos || colon == 0 || text.find('/') < colon) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

sys::Result<CopyOperands> read_operands(const std::vector<std::string>& operands, const std::string& here) {
  if (operands.size() < 2) return sys::refusal("say what to copy, and where to");
  CopyOperands out;
  const Operand destination = split(operands.back());
  out.to_nodes = !destination.nodes.empty();
  out.nodes = out.to_nodes ? destination.nodes : split(operands.front()).nodes;
  out.destination = absolute_path(here, destination.path);
  if (out.nodes.empty()) return sys::refusal("neither end is on nodes: write NODES:PATH");
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    const Operand source = split(operands[i]);
    if (out.to_nodes && !source.nodes.empty()) return sys::refusal("both ends are on nodes");
    if (!out.to_nodes && source.nodes != out.nodes) return sys::refusal("all sources have to be on the same nodes");
    out.sources.push_back(absolute_path(here, source.path));
    if (out.sources.back() == "/") return sys::refusal("the root directory has no name to be copied under");
  }
  return out;
}

}  // namespace frontend
