#include "frontend/nodemaster/plan_words.h"

#include <algorithm>
#include <array>

#include "sys/links.h"
#include "sys/overloaded.h"
#include "sys/stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_named = 8;  // of a list; the rest is counted

std::string octal(std::uint32_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

// "a, b and 3 more".
template <class List, class Name> std::string list_of(const List& list, Name name) {
  std::string text;
  std::size_t named = 0;
  for (const auto& element : list) {
    if (named == max_named) return sys::cat(text, " and ", list.size() - max_named, " more");
    text += sys::cat(named == 0 ? "" : ", ", name(element));
    ++named;
  }
  return text;
}

std::string command_of(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments)
    text += sys::cat(text.empty() ? "" : " ", argument);
  return text;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return count == 0 ? std::string() : sys::cat(count, " ", count == 1 ? one : many);
}

// "12 files, 3 directories, 1 link, from /usr/share on".
std::string words(const transport::FileStep& step) {
  std::size_t files = 0, directories = 0, links = 0;
  for (const transport::TreeEntry& entry : step.entries) {
    std::visit(
        sys::Overloaded{[&](const transport::Content&) { ++files; }, [&](const transport::TextContent&) { ++files; },
                        [&](const transport::DirectoryMark&) { ++directories; },
                        [&](const transport::LinkTarget&) { ++links; }},
        entry.what);
  }
  if (step.entries.empty()) return "nothing";
  if (step.entries.size() == 1) return step.entries[0].path;
  const std::array<std::string, 3> parts = {counted(files, "file", "files"),
                                            counted(directories, "directory", "directories"),
                                            counted(links, "link", "links")};
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += sys::cat(text.empty() ? "" : ", ", part);
  return sys::cat(text, ", the first ", step.entries[0].path);
}

std::string words(const transport::MountStep& step) {
  std::string text = step.source == step.type ? step.type : sys::cat(step.type, " ", step.source);
  text += sys::cat(" on ", step.target);
  return step.options.empty() ? text : sys::cat(text, " (", step.options, ")");
}

std::string words(const transport::UnmountStep& step) {
  return step.lazy ? sys::cat(step.target, ", lazily") : step.target;
}

std::string words(const transport::DirectoryStep& step) {
  return sys::cat(step.path, ", mode ", octal(step.mode), ", owner ", step.uid, ":", step.gid);
}

std::string words(const transport::DeviceStep& step) {
  return list_of(step.devices, [](const transport::DeviceEntry& device) {
    return sys::cat(device.path, " (", device.block ? "block " : "char ", device.major, ":", device.minor, ")");
  });
}

std::string words(const transport::LinkStep& step) { return sys::cat(step.path, " to ", step.target); }
std::string words(const transport::HostnameStep& step) { return step.name; }
std::string words(const transport::RunStep& step) { return command_of(step.arguments); }
std::string words(const transport::ServiceStep& step) { return command_of(step.arguments); }

std::string words(const transport::ModuleStep& step) {
  return list_of(step.modules, [](const transport::ModuleEntry& module) {
    return module.options.empty() ? module.name : sys::cat(module.name, " ", module.options);
  });
}

std::string words(const transport::SysctlStep& step) {
  return list_of(step.entries, [](const transport::SysctlEntry& entry) {
    std::string key = entry.key;
    std::replace(key.begin(), key.end(), '/', '.');
    return sys::cat(key, " = ", entry.value);
  });
}

std::string words(const transport::InterfaceStep& step) {
  std::string text = step.name.empty() ? sys::format_mac(step.mac) : step.name;
  if (step.address != 0) text += sys::cat(" ", sys::format_ip(step.address), "/", unsigned{step.prefix});
  return text;
}

std::string words(const transport::LimitsStep& step) { return counted(step.limits.size(), "limit", "limits"); }

std::string words(const transport::TimeStep& step) {
  return step.hardware ? "the clock, and the machine's own" : "the clock";
}

}  // namespace

std::string in_words(const transport::Action& action) {
  return std::visit([](const auto& step) { return words(step); }, action);
}

ContentCount content_of(const transport::Action& action) {
  ContentCount count;
  const auto add = [&count](std::uint64_t size) {
    ++count.files;
    count.bytes += size;
  };
  const auto add_files = [&add](const std::vector<transport::FileEntry>& files) {
    for (const transport::FileEntry& file : files)
      add(file.content.size);
  };
  std::visit(sys::Overloaded{[&](const transport::FileStep& step) {
                               for (const transport::TreeEntry& entry : step.entries) {
                                 if (const auto* content = std::get_if<transport::Content>(&entry.what))
                                   add(content->size);
                                 if (const auto* text = std::get_if<transport::TextContent>(&entry.what))
                                   add(text->text.size());
                               }
                             },
                             [&](const transport::ModuleStep& step) {
                               for (const transport::ModuleEntry& module : step.modules)
                                 add(module.content.size);
                             },
                             [&](const transport::RunStep& step) { add_files(step.files); },
                             [&](const transport::ServiceStep& step) { add_files(step.files); }, [](const auto&) {}},
             action);
  return count;
}

}  // namespace frontend
