// TOML to assignments. toml++ stays behind this header; it has undefined behaviour on some broken input. What is known
// of that is kept from it (sys/toml_guard.h); and nodeinit calls this in a worker process only (settings_file.h).
#pragma once

#include <string>
#include <string_view>

namespace node {

// A value of the document, or a problem in it, as records of three fields (records.h): LINE KEY VALUE; a problem has an
// empty key. Tables become dotted keys, arrays their elements with commas between.
std::string flatten_toml(std::string_view document);

}  // namespace node
