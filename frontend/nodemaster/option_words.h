// The options of a mount while a plan's step is read: what its `options` say, and before that what its other keys mean
// in the kernel's words. Where both say the same thing they may contradict each other, so that is a problem.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodemaster/table_reader.h"

namespace frontend {

class OptionWords {
 public:
  using Names = std::span<const std::string_view>;

  explicit OptionWords(std::string_view written);

  // The words of `options`.
  const std::vector<std::string>& written() const { return written_; }
  // The last of these words that is "NAME" or "NAME=VALUE" with one of the names.
  std::optional<std::string> find(Names names) const;
  void add(std::string word) { added_.push_back(std::move(word)); }
  // Adds what `key` of the table means, unless the written options say it too, under one of the names.
  void add(TableReader& reader, std::string_view key, Names names, std::string word);
  std::string text() const;

 private:
  std::vector<std::string> written_;
  std::vector<std::string> added_;
};

}  // namespace frontend
