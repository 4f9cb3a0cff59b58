// The first line of a script (execve(2), "Interpreter scripts").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sys/file_reader.h"

namespace frontend {

struct ScriptLine {
  std::string interpreter;  // the path after "#!"
  std::string looked_up;    // "#!/usr/bin/env NAME": what env(1) is going to look for in $PATH; else empty
};

// Nothing when the text does not begin with "#!" and a word.
std::optional<ScriptLine> parse_script_line(std::string_view head);
std::optional<ScriptLine> read_script_line(const sys::FileReader& file);

}  // namespace frontend
