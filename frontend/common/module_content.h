// A kernel module as finit_module(2) takes it: unpacked.
#pragma once

#include <cstddef>
#include <string>

#include "frontend/common/kernel_modules.h"
#include "sys/result.h"

namespace frontend {

inline constexpr std::size_t max_module_size = 64u << 20;  // bytes, packed and unpacked

// Reads and unpacks `module.source`. Errors name the file: it cannot be read, is broken, too large, or no ELF file.
// Blocks.
sys::Result<std::string> module_content(const ModuleFile& module, std::size_t limit = max_module_size);

}  // namespace frontend
