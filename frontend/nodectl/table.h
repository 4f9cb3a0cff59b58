// A table for people: columns as wide as their widest cell, two blanks apart, the last one unpadded.
#pragma once

#include <string>
#include <vector>

namespace frontend {

using TableRow = std::vector<std::string>;

// The first row is the heading. Ends in a newline.
std::string format_table(const std::vector<TableRow>& rows);

}  // namespace frontend
