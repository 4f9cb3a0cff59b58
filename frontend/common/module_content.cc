#include "frontend/common/module_content.h"

#include "frontend/common/unpack.h"
#include "sys/files.h"
#include "sys/text.h"

namespace frontend {
namespace {

sys::Result<std::string> unpacked(std::string content, ModulePacking packing, std::size_t limit) {
  switch (packing) {
    case ModulePacking::xz:
      return unpack_xz(content, limit);
    case ModulePacking::zstd:
      return unpack_zstd(content, limit);
    case ModulePacking::none:
      break;
  }
  return content;
}

}  // namespace

sys::Result<std::string> module_content(const ModuleFile& module, std::size_t limit) {
  sys::KernelFiles files(sys::LinkTrust::all);
  auto packed = files.read(module.source, limit);
  if (!packed) return tl::unexpected(packed.error());
  auto content = unpacked(std::move(*packed), module.packing, limit);
  if (!content) return sys::within(module.source, content.error());
  if (!content->starts_with("\x7f"
                            "ELF"))
    return sys::refusal(sys::cat(module.source, ": not a kernel module (no ELF header)"));
  return content;
}

}  // namespace frontend
