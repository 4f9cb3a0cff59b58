#include "frontend/nodemaster/mount_kind.h"

#include <algorithm>
#include <array>

#include "frontend/nodemaster/mount_marks.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_text = 4095;   // bytes: of a field on the wire, and of the options that the kernel takes
constexpr std::size_t max_layers = 500;  // lower directories (Linux, fs/overlayfs)
constexpr std::uint64_t max_numa_node = 1023;

std::string octal(std::uint32_t value) {
  std::string digits;
  for (; value != 0 || digits.empty(); value /= 8)
    digits.insert(digits.begin(), static_cast<char>('0' + value % 8));
  return digits;
}

// "64m", "1g", "65536", "50%": what the kernel's tmpfs takes.
bool is_size(std::string_view text) {
  constexpr std::string_view units = "kKmMgGtT";
  if (text.ends_with('%')) return sys::parse_number(text.substr(0, text.size() - 1), 1, 100).has_value();
  if (!text.empty() && units.find(text.back()) != units.npos) text.remove_suffix(1);
  return sys::parse_number(text, 1, std::uint64_t{1} << 50).has_value();
}

// "0", "0-3", "0-1,4".
bool is_numa_nodes(std::string_view text) {
  const auto is_range = [](std::string_view range) {
    const auto dash = range.find('-');
    const auto first = sys::parse_number(range.substr(0, dash), 0, max_numa_node);
    return first && (dash == range.npos || sys::parse_number(range.substr(dash + 1), *first, max_numa_node));
  };
  const auto ranges = sys::split(text, ',');
  return std::all_of(ranges.begin(), ranges.end(), is_range);
}

// "local", "interleave", "interleave:0-1", "bind:0-1", "prefer:0": the words of the kernel's mpol=.
bool is_numa_policy(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view policy = text.substr(0, colon);
  if (colon == text.npos) return policy == "local" || policy == "interleave";
  const std::string_view nodes = text.substr(colon + 1);
  if (policy == "prefer") return sys::parse_number(nodes, 0, max_numa_node).has_value();
  return (policy == "interleave" || policy == "bind") && is_numa_nodes(nodes);
}

void read_tmpfs(const MountReading& in) {
  TableReader& reader = in.reader;
  if (reader.has("size")) {
    constexpr std::array<std::string_view, 2> names = {"size", "nr_blocks"};
    const std::string size = reader.text("size");
    if (!is_size(size))
      reader.error("size", "must be like \"64m\", \"2g\", \"50%\" (of the memory, at most 100%), or in bytes");
    in.options.add(reader, "size", names, sys::cat("size=", size));
  }
  if (reader.has("mode")) {
    constexpr std::array<std::string_view, 1> names = {"mode"};
    in.options.add(reader, "mode", names, sys::cat("mode=", octal(reader.mode("mode", 01777))));
  }
  if (reader.has("numa")) {
    constexpr std::array<std::string_view, 1> names = {"mpol"};
    const std::string policy = reader.text("numa");
    if (!is_numa_policy(policy)) {
      reader.error("numa", "must be like \"local\", \"interleave\", \"interleave:0-1\", \"bind:0-1\" or \"prefer:0\"");
    }
    in.options.add(reader, "numa", names, sys::cat("mpol=", policy));
  }
}

// A colon ends a path in lowerdir=, a comma the option.
void check_layer(TableReader& reader, std::string_view key, const std::string& path) {
  if (!sys::is_clean_path(path)) {
    reader.error(key,
                 sys::cat("\"", sys::printable(path, 64), "\" must be an absolute path; it ", sys::path_fault(path)));
  } else if (path.find_first_of(":,\\") != path.npos) {
    reader.error(key, sys::cat("\"", sys::printable(path, 64), "\" has one of : , \\ in it, which divide options"));
  }
}

void read_lower(const MountReading& in) {
  constexpr std::array<std::string_view, 1> names = {"lowerdir"};
  if (!in.reader.has("lower")) {
    if (!in.options.find(names)) in.reader.error("type", "overlay needs 'lower'");
    return;
  }
  const auto layers = in.reader.texts("lower");
  if (layers.empty() || layers.size() > max_layers) {
    return in.reader.error("lower", sys::cat("must have 1 to ", max_layers, " directories, the uppermost first"));
  }
  std::string joined;
  for (const std::string& layer : layers) {
    check_layer(in.reader, "lower", layer);
    joined += sys::cat(joined.empty() ? "" : ":", layer);
  }
  in.options.add(in.reader, "lower", names, sys::cat("lowerdir=", joined));
}

void read_overlay(const MountReading& in) {
  read_lower(in);
  if (in.reader.has("upper") != in.reader.has("work")) {
    in.reader.error(in.reader.has("upper") ? "upper" : "work",
                    "'upper' and 'work' need each other: two directories of one file system");
  }
  const std::pair<std::string_view, std::string_view> rows[] = {{"upper", "upperdir"}, {"work", "workdir"}};
  for (const auto& [key, option] : rows) {
    if (!in.reader.has(key)) continue;
    const std::string path = in.reader.text(key);
    check_layer(in.reader, key, path);
    in.options.add(in.reader, key, std::span(&option, 1), sys::cat(option, "=", path));
  }
}

void read_bind(const MountReading& in) { (void)in.reader.clean_path("source"); }

struct Type {
  std::string_view name;
  void (*read)(const MountReading&);
};
// Any other type has no keys of its own.
constexpr std::array<Type, 6> types = {{{"nfs", read_nfs},
                                        {"nfs4", read_nfs},
                                        {"tmpfs", read_tmpfs},
                                        {"overlay", read_overlay},
                                        {"bind", read_bind},
                                        {"rbind", read_bind}}};

void check_length(TableReader& reader, std::string_view key, const std::string& text) {
  if (longest_filled_in(text) <= max_text) return;
  reader.error(key, sys::cat("becomes longer than ", max_text, " bytes, which is more than a mount takes"));
}

}  // namespace

void read_mount(TableReader& reader, PlanStep& step) {
  transport::MountStep action;
  action.target = reader.clean_path("target");
  reader.require("type");
  action.type = reader.text("type");
  action.source = reader.text("source", action.type);
  OptionWords options(reader.text("options"));
  if (action.type.size() > 64) reader.error("type", "must have at most 64 bytes");
  if (action.target == "/") reader.warn("target", "a mount on / hides everything that the node has");
  step.step.name = sys::cat("mount ", action.target);
  const auto type = std::find_if(types.begin(), types.end(), [&](const Type& row) { return row.name == action.type; });
  if (type != types.end()) type->read({reader, step, action, options});
  action.options = options.text();
  check_length(reader, "source", action.source);
  check_length(reader, "options", action.options);
  step.step.action = std::move(action);
}

}  // namespace frontend
