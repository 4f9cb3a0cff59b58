#include "frontend/nodemaster/option_words.h"

#include <algorithm>

#include "sys/text.h"

namespace frontend {

OptionWords::OptionWords(std::string_view written) {
  for (const std::string_view word : sys::split(written, ',')) {
    if (!word.empty()) written_.emplace_back(word);
  }
}

std::optional<std::string> OptionWords::find(Names names) const {
  const auto is_named = [names](const std::string& word) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto found = std::find_if(written_.rbegin(), written_.rend(), is_named);
  return found == written_.rend() ? std::nullopt : std::optional(*found);
}

void OptionWords::add(TableReader& reader, std::string_view key, Names names, std::string word) {
  if (const auto other = find(names)) {
    return reader.error(key, sys::cat("'options' say it as well (", sys::printable(*other, 64), "): say it once"));
  }
  add(std::move(word));
}

std::string OptionWords::text() const {
  std::string text;
  for (const auto* words : {&added_, &written_}) {
    for (const std::string& word : *words)
      text += sys::cat(text.empty() ? "" : ",", word);
  }
  return text;
}

}  // namespace frontend
