#include "frontend/common/library_closure.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

#include "frontend/common/elf_file.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

constexpr std::size_t max_objects = 512;  // of one root
constexpr std::size_t max_named = 20;     // missing libraries, and places, in one sentence

// musl's loader is its C library as well, whatever that is called by those who ask for it.
bool is_in_loader(std::string_view name, std::string_view interpreter) {
  return name == sys::name_in(interpreter) ||
         (sys::name_in(interpreter).starts_with("ld-musl-") && name.starts_with("libc."));
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : std::span(words).first(std::min(words.size(), max_named)))
    text += cat(text.empty() ? "" : between, word);
  if (words.size() > max_named) text += cat(between, "and ", words.size() - max_named, " more");
  return text;
}

}  // namespace

std::string text_of(const std::vector<MissingLibrary>& missing) {
  std::vector<std::string> names, searched;
  for (const MissingLibrary& one : missing) {
    names.push_back(one.needed_by.empty() ? one.name : cat(one.name, ", needed by ", one.needed_by));
    for (const std::string& place : one.searched) {
      if (std::find(searched.begin(), searched.end(), place) == searched.end()) searched.push_back(place);
    }
  }
  const bool needed = !missing.empty() && !missing.back().needed_by.empty();
  return cat(joined(names, "; "), needed ? "," : "", missing.size() > 1 ? " are" : " is",
             " not found; searched: ", joined(searched, ", "));
}

sys::Status LibraryClosure::add(LoadedObject root, const std::string& interpreter) {
  std::deque<LoadedObject> objects;  // their addresses stay: they name each other as loaders
  std::set<std::string> seen;
  objects.push_back(std::move(root));
  for (std::size_t next = 0; next < objects.size(); ++next) {
    const LoadedObject& asking = objects[next];
    for (const std::string& name : asking.elf.needed) {
      if (!seen.insert(name).second || is_in_loader(name, interpreter)) continue;
      if (objects.size() == max_objects) return sys::failure(ELOOP, cat(asking.path, ": too many libraries"));
      if (auto library = add_library(name, asking)) objects.push_back(std::move(*library));
    }
  }
  return {};
}

std::optional<LoadedObject> LibraryClosure::add_library(const std::string& name, const LoadedObject& asking) {
  const auto located = search_.find(name, asking);
  auto elf = located ? elf_at(located->source) : std::nullopt;
  if (!elf) {
    missing_.push_back({name, asking.path, search_.places(name, asking)});
    return std::nullopt;
  }
  libraries_.push_back(*located);
  if (!elf->interpreter.empty()) interpreters_.insert(elf->interpreter);
  return LoadedObject{located->path, located->source, std::move(*elf), &asking};
}

}  // namespace frontend
