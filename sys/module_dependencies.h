// modules.dep, as depmod(8) writes it: "PATH: PATH..." per module, what it needs in the reverse order of loading. Paths
// are relative to /lib/modules/RELEASE; those of modules from elsewhere are absolute. In names - and _ are the same.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sys/result.h"

namespace sys {

class ModuleDependencies {
 public:
  // Refused, with its number, when a line is not of that form.
  static Result<ModuleDependencies> parse(std::string_view modules_dep);

  // The files to load for `name`, in order, itself last; null when there is no such module.
  const std::vector<std::string>* load_order(std::string_view name) const;
  std::size_t size() const { return order_.size(); }  // modules

 private:
  // Name of a module -> the files to load for it, in order.
  std::map<std::string, std::vector<std::string>, std::less<>> order_;
};

// "kernel/net/x-y.ko.xz" -> "x_y"; a name becomes the one that the kernel has for it.
std::string module_name(std::string_view path);

}  // namespace sys
