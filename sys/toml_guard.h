// What toml++ 3.3.0 must not be given, though it would be the one to refuse it: on some text it runs into undefined
// behaviour (letters that are not ASCII, such as those of C4 83 0A, where a key or a value may begin), and on deeply nested
// tables it runs out of stack. This looks at the text before toml++ does and knows just enough of TOML: where strings and
// comments begin and end. What passes may still be broken TOML; what does not is a mistake in any file of ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sys {

struct TomlTrouble {
  unsigned line = 0;
  std::string reason;
};

// The first thing in `text` that toml++ must not see: bytes that are no text, characters that are not ASCII outside of
// comments and strings of one line, a quotation mark where no string can begin, or a line with more than a few dots
// outside of strings.
std::optional<TomlTrouble> toml_trouble(std::string_view text);

}  // namespace sys
