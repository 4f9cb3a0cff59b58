// Small ELF files made by tests: as correct as the kernel would want their headers, with nothing to run inside.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/common/elf.h"
#include "sys/result.h"

namespace fakes {

struct ElfImage {
  std::uint16_t machine = EM_X86_64;
  std::uint16_t type = ET_DYN;
  std::string interpreter;  // empty: no PT_INTERP
  std::vector<std::string> needed;
  std::string rpath;
  std::string runpath;
  std::string soname;
};

std::string elf64(const ElfImage& image);
std::string elf32(const ElfImage& image);

// read_elf() on a file in memory.
sys::Result<std::optional<frontend::ElfFacts>> read_elf_bytes(const std::string& bytes);

}  // namespace fakes
