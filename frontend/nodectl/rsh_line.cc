#include "frontend/nodectl/rsh_line.h"

#include <cerrno>
#include <span>

#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using Words = std::span<const std::string>;

// ssh's options by what becomes of them here.
constexpr std::string_view ignored = "46AaCfKkqTtvXxYy";        // flags
constexpr std::string_view ignored_with_value = "BbcEeFIimop";  // their values, too
constexpr char user_option = 'l';
constexpr char no_input_option = 'n';

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

// One word of options, "-xl"; the value of the last one may be the next word.
sys::Status take_option(Words& words, RshLine& line) {
  const std::string& word = words.front();
  words = words.subspan(1);
  for (std::size_t i = 1; i < word.size(); ++i) {
    const char letter = word[i];
    line.no_input = line.no_input || letter == no_input_option;
    if (letter == no_input_option || ignored.find(letter) != ignored.npos) continue;
    if (letter != user_option && ignored_with_value.find(letter) == ignored_with_value.npos)
      return sys::failure(EINVAL, cat("rsh: option -", std::string_view(&letter, 1), " means nothing for nodes"));
    std::string value = word.substr(i + 1);
    if (value.empty() && words.empty())
      return sys::failure(EINVAL, cat("rsh: option -", std::string_view(&letter, 1), " needs a value"));
    if (value.empty()) {
      value = words.front();
      words = words.subspan(1);
    }
    if (letter == user_option) line.user = value;
    break;
  }
  return {};
}

// "--" ends them.
sys::Status take_options(Words& words, RshLine& line) {
  while (!words.empty() && is_option(words.front())) {
    if (words.front() == "--") {
      words = words.subspan(1);
      break;
    }
    if (auto status = take_option(words, line); !status) return status;
  }
  return {};
}

void take_host(Words& words, RshLine& line) {
  line.host = words.front();
  words = words.subspan(1);
  const auto at = line.host.rfind('@');
  if (at == line.host.npos) return;
  line.user = line.host.substr(0, at);
  line.host.erase(0, at + 1);
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// What a shell looks at outside of quotes, beyond quotes and blanks.
bool is_special(char c) { return std::string_view("|&;<>()$`*?[]{}~#!\n").find(c) != std::string_view::npos; }

// Takes one text apart, from left to right.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : rest_(text) {}

  bool at_end() {
    while (!rest_.empty() && is_blank(rest_.front()))
      rest_.remove_prefix(1);
    return rest_.empty();
  }

  std::optional<std::string> next() {
    std::string word;
    while (!rest_.empty() && !is_blank(rest_.front()))
      if (!take_part(word)) return std::nullopt;
    return word;
  }

 private:
  bool take_part(std::string& word) {
    const char c = take();
    if (c == '\'') return take_single_quoted(word);
    if (c == '"') return take_double_quoted(word);
    if (is_special(c)) return false;
    if (c != '\\') return word += c, true;
    if (rest_.empty() || rest_.front() == '\n') return false;
    return word += take(), true;
  }

  bool take_single_quoted(std::string& word) {
    const auto end = rest_.find('\'');
    if (end == rest_.npos) return false;
    word += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_double_quoted(std::string& word) {
    while (!rest_.empty()) {
      const char c = take();
      if (c == '"') return true;
      if (c == '$' || c == '`') return false;
      const bool escapes =
          c == '\\' && !rest_.empty() && std::string_view("\"\\$`").find(rest_.front()) != std::string_view::npos;
      if (c == '\\' && !rest_.empty() && rest_.front() == '\n') return false;
      word += escapes ? take() : c;
    }
    return false;
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
};

// "NAME=VALUE program": for the shell to set.
bool is_assignment(const std::string& word) {
  const auto equals = word.find('=');
  return equals != word.npos && word.find('/') > equals;
}

}  // namespace

sys::Result<RshLine> parse_rsh_line(const std::vector<std::string>& words) {
  RshLine line;
  Words rest(words);
  if (auto status = take_options(rest, line); !status) return tl::unexpected(status.error());
  if (rest.empty()) return sys::failure(EINVAL, "rsh: which host?");
  take_host(rest, line);
  if (auto status = take_options(rest, line); !status) return tl::unexpected(status.error());
  for (const std::string& word : rest)
    line.command += cat(line.command.empty() ? "" : " ", word);
  if (line.command.empty()) return sys::failure(EINVAL, cat("rsh: which command on ", line.host, "?"));
  return line;
}

std::optional<std::vector<std::string>> plain_words(std::string_view text) {
  std::vector<std::string> words;
  WordReader reader(text);
  while (!reader.at_end()) {
    auto word = reader.next();
    if (!word) return std::nullopt;
    words.push_back(*std::move(word));
  }
  if (words.empty() || is_assignment(words.front())) return std::nullopt;
  return words;
}

std::vector<std::string> rsh_arguments(const std::string& command,
                                       const std::function<bool(const std::string&)>& is_program) {
  auto words = plain_words(command);
  if (words && is_program(words->front())) return *std::move(words);
  return {"/bin/sh", "-c", command};
}

}  // namespace frontend
