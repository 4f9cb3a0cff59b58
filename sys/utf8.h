// UTF-8 (RFC 3629), as strict as a terminal needs it.
#pragma once

#include <cstddef>
#include <string_view>

namespace sys {

// Bytes of the character at the front of `text` when it is whole, well-formed and not a control character
// (C0, DEL, C1); 0 otherwise. `text` is not empty.
std::size_t printable_character_size(std::string_view text);

}  // namespace sys
