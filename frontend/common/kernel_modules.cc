#include "frontend/common/kernel_modules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "frontend/common/glob.h"
#include "sys/files.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;
using sys::module_name;
using sys::refusal;
using sys::Result;

constexpr std::size_t max_text = 16u << 20;  // bytes of one text; the largest of a distribution has 2 MiB
constexpr std::size_t max_alias = 256;       // modules that one may stand for

// A text that depmod need not have written: there is nothing of the kind then.
Result<std::string> read_optional(sys::Files& files, const std::string& path) {
  auto text = files.read(path, max_text);
  if (!text && text.error().code == ENOENT) return std::string{};
  return text;
}

template <class Take> void for_each_line(std::string_view text, Take take) {
  for (std::string_view line : sys::split(text, '\n')) {
    if (line = sys::trim(line); !line.empty() && line.front() != '#') take(line);
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words = sys::split(line, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  return words;
}

// An alias is no path, so nothing but this is done to it.
std::string with_underscores(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

struct Ending {
  std::string_view text;
  ModulePacking packing;
};
constexpr std::array endings = {
    Ending{".ko", ModulePacking::none},
    Ending{".ko.xz", ModulePacking::xz},
    Ending{".ko.zst", ModulePacking::zstd},
};

}  // namespace

Result<ModuleFolder> ModuleFolder::read(const std::string& directory) {
  sys::KernelFiles files(sys::LinkTrust::all);
  auto dep = files.read(directory + "/modules.dep", max_text);
  if (!dep && dep.error().code == ENOENT)
    return sys::failure(ENOENT, cat(dep.error().what, ": it is made by: depmod RELEASE"));
  auto builtin = read_optional(files, directory + "/modules.builtin");
  auto softdep = read_optional(files, directory + "/modules.softdep");
  auto alias = read_optional(files, directory + "/modules.alias");
  for (const auto* text : {&dep, &builtin, &softdep, &alias}) {
    if (!*text) return tl::unexpected(text->error());
  }
  return parse(directory, {std::move(*dep), std::move(*builtin), std::move(*softdep), std::move(*alias)});
}

Result<ModuleFolder> ModuleFolder::parse(std::string directory, const ModuleTexts& texts) {
  auto dependencies = sys::ModuleDependencies::parse(texts.dep);
  if (!dependencies) return sys::within(directory, dependencies.error());
  ModuleFolder folder(std::move(directory));
  folder.dependencies_ = std::move(*dependencies);
  for_each_line(texts.builtin, [&](std::string_view line) { folder.built_in_.insert(module_name(line)); });
  for_each_line(texts.softdep, [&](std::string_view line) { folder.add_softdep(line); });
  sys::Status status;
  for_each_line(texts.alias, [&](std::string_view line) { status = status ? folder.add_alias(line) : status; });
  if (!status) return tl::unexpected(status.error());
  return folder;
}

// "softdep NAME pre: A B post: C". Words before the first "pre:" or "post:" are of no effect, as for modprobe.
void ModuleFolder::add_softdep(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() < 2 || words[0] != "softdep") return;
  Soft& soft = soft_[module_name(words[1])];
  std::vector<std::string>* list = nullptr;
  for (std::string_view word : std::span(words).subspan(2)) {
    if (word == "pre:") {
      list = &soft.before;
    } else if (word == "post:") {
      list = &soft.after;
    } else if (list != nullptr) {
      list->emplace_back(word);
    }
  }
}

// "alias NAME MODULE".
sys::Status ModuleFolder::add_alias(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() != 3 || words[0] != "alias" || has_wildcards(words[1])) return {};
  auto& modules = aliases_[with_underscores(words[1])];
  std::string module = module_name(words[2]);
  if (std::find(modules.begin(), modules.end(), module) != modules.end()) return {};
  if (modules.size() == max_alias)
    return refusal(cat(directory_, "/modules.alias: ", sys::printable(words[1]), " stands for too many modules"));
  modules.push_back(std::move(module));
  return {};
}

ModuleFolder::Found ModuleFolder::find(const std::string& name) const {
  const std::string module = module_name(name);
  if (dependencies_.load_order(module) != nullptr) return {.modules = {module}};
  Found found;
  if (const auto alias = aliases_.find(with_underscores(name)); alias != aliases_.end()) {
    for (const std::string& one : alias->second) {
      if (dependencies_.load_order(one) != nullptr) found.modules.push_back(one);
      found.built_in = found.built_in || built_in_.contains(one);
    }
  }
  found.built_in = found.built_in || built_in_.contains(module);
  return found;
}

Result<ModuleFile> ModuleFolder::file_of(const std::string& module) const {
  const std::string& path = dependencies_.load_order(module)->back();
  for (const Ending& ending : endings) {
    if (!path.ends_with(ending.text)) continue;
    return ModuleFile{module, path.starts_with('/') ? path : cat(directory_, "/", path), ending.packing, "", false};
  }
  return refusal(cat("kernel module ", module, ": ", path,
                     " is packed with gzip; unpack it, or pack it with xz or zstd, ", "and run depmod"));
}

}  // namespace frontend
