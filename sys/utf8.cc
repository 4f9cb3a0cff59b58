#include "sys/utf8.h"

#include <cstdint>

namespace sys {

namespace {

// What a first byte announces: how many bytes, and the least code point that may take so many.
struct Form {
  unsigned char mask, lead;
  std::size_t size;
  std::uint32_t least;
};
constexpr Form forms[] = {
    {0x80, 0x00, 1, 0x20}, {0xe0, 0xc0, 2, 0xa0}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

bool well_formed(std::uint32_t point, const Form& form) {
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= form.least && point != 0x7f && !surrogate && point <= 0x10ffff;
}

}  // namespace

std::size_t printable_character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  for (const Form& form : forms) {
    if ((first & form.mask) != form.lead) continue;
    if (text.size() < form.size) return 0;
    std::uint32_t point = first & static_cast<unsigned char>(~form.mask);
    for (std::size_t i = 1; i < form.size; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if ((byte & 0xc0) != 0x80) return 0;
      point = point << 6 | (byte & 0x3f);
    }
    return well_formed(point, form) ? form.size : 0;
  }
  return 0;
}

}  // namespace sys
