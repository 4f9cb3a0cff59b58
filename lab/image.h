// What a boot loader and the kernel do with the image: a root made of a cpio archive ("newc"), or of a
// directory that holds an init.
#pragma once

#include <string>
#include <string_view>

#include "sys/result.h"

namespace lab {

constexpr std::size_t image_limit = 256u << 20;  // bytes

// The whole of an image file.
sys::Result<std::string> read_image(const std::string& path);

// Makes the archive's directories, files, links and device nodes below the current directory. The archive has to be
// uncompressed. Names with ".." and absolute ones are refused; links lead where they would with this directory as root.
sys::Status unpack(std::string_view archive);

// Copies init and etc/ of `directory` below the current directory, and makes the empty directories of an image.
sys::Status copy_root(const std::string& directory);

}  // namespace lab
