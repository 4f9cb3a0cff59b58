// JSON for scripts: keys in the order in which they were given, text from outside made valid UTF-8.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace frontend {

using Json = nlohmann::ordered_json;

// Over several lines, for a whole listing.
inline std::string json_listing(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// On one line, for a listing that grows as it is read.
inline std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frontend
