// ELF files on this machine's disk, as the dynamic loader meets them. All of these block.
#pragma once

#include <optional>
#include <string>

#include "frontend/common/elf.h"
#include "frontend/common/loader_cache.h"
#include "sys/file_reader.h"

namespace frontend {

// As read_elf(): nothing when it is no ELF file.
sys::Result<std::optional<ElfFacts>> elf_of(const sys::FileReader& file);
// Nothing when it cannot be read either, or is broken.
std::optional<ElfFacts> elf_at(const std::string& path);

// Whether there is an ELF file for the machine of `like`.
bool fits(const std::string& path, const ElfFacts& like);

// Where the links of a path lead; itself when they lead nowhere.
std::string resolved(const std::string& path);

// This machine's; empty when there is none.
LoaderCache host_loader_cache();

}  // namespace frontend
