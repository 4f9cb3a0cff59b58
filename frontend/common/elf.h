// What the dynamic loader would read from an ELF file (elf(5), gABI chapters 4 and 5): for whom it is, which
// interpreter and which libraries it asks for, and where it says they are. The file may be anything: every offset
// and count is checked, and the work is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sys/result.h"

namespace frontend {

struct ElfFacts {
  std::string architecture;          // as uname -m says it; "machine 243" for one that we have no name for
  unsigned bits = 64;                // 32 or 64
  std::string interpreter;           // PT_INTERP; empty: static, or a library
  std::string soname;                // DT_SONAME; empty: it says none
  std::vector<std::string> needed;   // DT_NEEDED, in order
  std::vector<std::string> rpath;    // DT_RPATH, split at colons; empty when there is a runpath (ld.so(8))
  std::vector<std::string> runpath;  // DT_RUNPATH
};

// Fills `into` with what stands at `offset` and returns how much that is: less only where the file ends.
using ReadAt = std::function<sys::Result<std::size_t>(std::uint64_t offset, std::span<std::byte> into)>;

// Nothing when it is no ELF file at all; an error when it is a broken one, or neither program nor library.
sys::Result<std::optional<ElfFacts>> read_elf(const ReadAt& read);

}  // namespace frontend
