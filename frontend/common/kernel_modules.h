// Kernel modules for nodes, out of a folder /lib/modules/RELEASE of the front end as depmod(8) left it: which files are
// to be loaded for the modules that are asked for, and in which order.
//
// The order is modprobe(8)'s: before a module what it needs (modules.dep) and its soft dependencies "pre:"
// (modules.softdep), after it those that are "post:"; of several lines for a module all count, not only the first. A
// soft dependency that there is no module for is passed over. A name may also be an alias (modules.alias) that has no
// wildcards. What is part of the kernel (modules.builtin) has nothing to load. modprobe.d(5) of the front end does not
// count.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/module_dependencies.h"
#include "sys/result.h"

namespace frontend {

struct ModuleRequest {
  std::string name;     // - and _ are the same
  std::string options;  // "numdummies=2 debug=1"; may be empty
};

enum class ModulePacking { none, xz, zstd };

struct ModuleFile {
  std::string name;    // as /sys/module has it
  std::string source;  // on the front end; absolute
  ModulePacking packing = ModulePacking::none;
  std::string options;
  bool optional = false;  // a soft dependency: when it cannot be loaded, the others can
};

struct ModuleOrder {
  std::vector<ModuleFile> files;      // in the order of loading, no module twice
  std::vector<std::string> built_in;  // those that were asked for and are part of the kernel
};

// The texts of the folder; all but modules.dep may be empty.
struct ModuleTexts {
  std::string dep, builtin, softdep, alias;
};

class ModuleFolder {
 public:
  // Reads the texts in `directory` (absolute). Blocks.
  static sys::Result<ModuleFolder> read(const std::string& directory);
  static sys::Result<ModuleFolder> parse(std::string directory, const ModuleTexts& texts);

  // What to load for `requests`, in their order. Refused, naming the module: one that is not there; the same one with
  // different options; options for what is part of the kernel or is several modules; and a file packed in a way that
  // unpack_module() does not know.
  sys::Result<ModuleOrder> load_order(std::span<const ModuleRequest> requests) const;

 private:
  class Walk;
  struct Soft {
    std::vector<std::string> before, after;  // names or aliases
  };
  struct Found {
    std::vector<std::string> modules;  // an alias may stand for several
    bool built_in = false;
  };

  explicit ModuleFolder(std::string directory) : directory_(std::move(directory)) {}
  void add_softdep(std::string_view line);
  sys::Status add_alias(std::string_view line);
  Found find(const std::string& name) const;
  sys::Result<ModuleFile> file_of(const std::string& module) const;

  std::string directory_;
  sys::ModuleDependencies dependencies_;
  std::set<std::string, std::less<>> built_in_;
  std::map<std::string, Soft, std::less<>> soft_;
  std::map<std::string, std::vector<std::string>, std::less<>> aliases_;
};

}  // namespace frontend
