// Cuts one stream of a rank into lines and puts the node's name before each: "n3: text". A line is held until it is
// complete, so that lines of different ranks never mix; one that grows past `line_limit` is let go in pieces.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace frontend {

class LineLabeller {
 public:
  static constexpr std::size_t line_limit = 16u << 10;  // bytes

  explicit LineLabeller(std::string_view name);
  // The lines that `data` completes, labelled.
  std::string add(std::span<const std::byte> data);
  // What is left when the stream ends, labelled and with the newline that it lacks; empty when nothing is left.
  std::string finish();

 private:
  std::string label_;
  std::string held_;
};

}  // namespace frontend
