#include "frontend/common/script.h"

#include <array>
#include <span>

#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t head_size = 256;  // what the kernel looks at

// The first word of env's arguments that is neither an option nor an assignment.
std::string_view name_for_env(std::string_view arguments) {
  if (arguments.starts_with("-S")) arguments.remove_prefix(2);
  for (std::string_view word : sys::split(arguments, ' ')) {
    if (!word.empty() && word.front() != '-' && word.find('=') == word.npos) return word;
  }
  return {};
}

}  // namespace

std::optional<ScriptLine> parse_script_line(std::string_view head) {
  if (!head.starts_with("#!")) return std::nullopt;
  const std::string_view line = sys::trim(head.substr(2, head.find('\n') - 2));
  const auto end = line.find_first_of(" \t");
  const std::string_view interpreter = line.substr(0, end);
  if (interpreter.empty()) return std::nullopt;
  const std::string_view arguments = end == line.npos ? std::string_view{} : sys::trim(line.substr(end));
  const bool env = sys::name_in(interpreter) == "env";
  return ScriptLine{std::string(interpreter), std::string(env ? name_for_env(arguments) : std::string_view{})};
}

std::optional<ScriptLine> read_script_line(const sys::FileReader& file) {
  std::array<char, head_size> head{};
  const auto got = file.read_at(0, std::as_writable_bytes(std::span(head)));
  if (!got) return std::nullopt;
  return parse_script_line({head.data(), *got});
}

}  // namespace frontend
