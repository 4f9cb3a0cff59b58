// Files packed with xz(1) and zstd(1), unpacked in memory. The packed bytes may be anything: what they unpack to, and what
// memory it takes to do that, is bounded; broken ones, such that end too early, and such that go on behind their end are
// refused. Several packed files one after the other are one, as for the programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sys/result.h"

namespace frontend {

// Refused above `limit` bytes of unpacked content.
sys::Result<std::string> unpack_xz(std::string_view packed, std::size_t limit);
sys::Result<std::string> unpack_zstd(std::string_view packed, std::size_t limit);

}  // namespace frontend
