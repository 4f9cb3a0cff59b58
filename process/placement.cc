#include "process/placement.h"

#include <cerrno>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "content/hash.h"
#include "sys/path.h"
#include "sys/text.h"

namespace process {
namespace {

constexpr std::string_view forbidden[] = {"/proc", "/sys", "/dev", "/run/nodeinit", "/init"};
constexpr std::string_view programs = "/run/nodeinit/programs";
constexpr int max_links = 8;              // one after the other, at the end of a path
constexpr std::size_t path_limit = 4000;  // bytes; the kernel's is 4096, and temporary names are longer

enum class Spot { done, free, replace, elsewhere };  // elsewhere: on another file system

std::uint32_t mode_of(const transport::FileEntry& entry) { return (entry.mode & 0111) != 0 ? 0755 : 0644; }

std::string_view fault_of(std::string_view path) {
  if (path == "/") return "is the root directory";
  return path.size() > path_limit ? "is too long" : sys::path_fault(path);
}

// Whether a file there may stand for the entry, as far as can be seen without reading it. Only a program needs its execute
// bits: libraries have them or not, as distributions like.
bool serves(const sys::FileFacts& there, const transport::FileEntry& entry, bool is_program) {
  const std::uint32_t needed = is_program ? 0555 : 0444;
  return there.kind == sys::FileKind::regular && there.size == entry.content.size && there.uid == 0 &&
         (there.mode & 0022) == 0 && (there.mode & needed) == needed;
}

// Where a link in `directory` leads, by its text.
std::string joined(std::string_view directory, std::string_view target) {
  std::string path(target.starts_with('/') || directory == "/" ? "" : directory);
  for (const std::string_view part : sys::split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      path.resize(path.empty() ? 0 : path.rfind('/'));
    } else {
      path += sys::cat("/", part);
    }
  }
  return path.empty() ? "/" : path;
}

struct Cached {
  std::string path;
  sys::FileFacts facts;
};

struct Placer {
  sys::Files& files;
  const PlacementRequest& request;

  sys::Result<std::string> run();
  sys::Result<Cached> find_cached(const std::string& path);
  sys::Result<Spot> look(const transport::FileEntry& entry, const Cached& cached);
  bool has_content(const transport::FileEntry& entry, const sys::FileFacts& there, const Cached& cached);
  std::optional<sys::FileFacts> end_of(const std::string& path, const sys::FileFacts& there);
  std::optional<std::string> find_real(const std::string& path, const sys::FileFacts& end);
  bool is_out_of_reach(const std::string& path);
  bool stopped_elsewhere(const std::string& path, std::uint64_t root);
  sys::Result<std::uint64_t> filesystem_for(const std::string& path);
  sys::Status put(const transport::FileEntry& entry, const Cached& cached, Spot spot);
  sys::Status link(const Cached& cached, const std::string& path, std::uint32_t mode);
  sys::Status link_over(const Cached& cached, const std::string& path, std::uint32_t mode);
  sys::Result<std::string> place_program(const transport::FileEntry& entry, const Cached& cached);
};

sys::Result<std::string> Placer::run() {
  std::string program;
  for (std::size_t i = 0; i < request.entries.size(); i++) {
    const transport::FileEntry& entry = request.entries[i];
    const auto cached = find_cached(request.cached[i]);
    if (!cached) return tl::unexpected(cached.error());
    const auto spot = look(entry, *cached);
    if (!spot) return tl::unexpected(spot.error());
    if (auto status = put(entry, *cached, *spot); !status) return tl::unexpected(status.error());
    if (entry.path != request.program) continue;
    auto path = *spot == Spot::elsewhere ? place_program(entry, *cached) : entry.path;
    if (!path) return path;
    program = *std::move(path);
  }
  return program;
}

sys::Result<Cached> Placer::find_cached(const std::string& path) {
  const auto facts = files.facts(path);
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return sys::failure(ENOENT, sys::cat("find ", path, " in the cache, which had it a moment ago"));
  return Cached{path, **facts};
}

sys::Status Placer::put(const transport::FileEntry& entry, const Cached& cached, Spot spot) {
  switch (spot) {
    case Spot::done:
    case Spot::elsewhere:
      return {};
    case Spot::replace:
      return link_over(cached, entry.path, mode_of(entry));
    case Spot::free:
      break;
  }
  if (auto status = files.make_directories(std::string(sys::parent_of(entry.path))); !status) return status;
  return link(cached, entry.path, mode_of(entry));
}

sys::Result<Spot> Placer::look(const transport::FileEntry& entry, const Cached& cached) {
  const std::string& path = entry.path;
  const auto found = files.facts(path);
  if (!found && stopped_elsewhere(path, cached.facts.filesystem)) return Spot::elsewhere;
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    const auto filesystem = filesystem_for(path);
    if (!filesystem) return tl::unexpected(filesystem.error());
    if (*filesystem == cached.facts.filesystem) return Spot::free;
    if (path == request.program) return Spot::elsewhere;
    return sys::failure(ENOENT, sys::cat("place ", path,
                                         ": not there, and on a file system of its own on the node, "
                                         "where nothing is written: put it there"));
  }
  const sys::FileFacts& there = **found;
  if (there.filesystem != cached.facts.filesystem) return Spot::elsewhere;
  if (there.inode == cached.facts.inode || has_content(entry, there, cached)) return Spot::done;
  const bool is_file = there.kind == sys::FileKind::regular || there.kind == sys::FileKind::link;
  if (is_file && (request.may_replace || request.replaceable.contains(path))) return Spot::replace;
  if (is_file)
    return sys::failure(EEXIST,
                        sys::cat("place ", path,
                                 ": the node has another one, from its image or its plan, in whose place only what "
                                 "admins start may put its own; ask for the plan to be run again (nodectl up)"));
  return sys::failure(EEXIST, sys::cat("place ", path, ": there is a directory or device on the node"));
}

// Whether the path leads, through links maybe, to a file that serves as well as the cached one. If so, the cache has that
// file from now on; should this not succeed, the content is twice in memory.
bool Placer::has_content(const transport::FileEntry& entry, const sys::FileFacts& there, const Cached& cached) {
  const auto end = end_of(entry.path, there);
  if (!end || end->filesystem != cached.facts.filesystem) return false;
  if (end->inode == cached.facts.inode) return true;
  if (!serves(*end, entry, entry.path == request.program)) return false;
  const auto real = find_real(entry.path, *end);
  if (!real || (*real != entry.path && !is_out_of_reach(*real))) return false;
  content::Hasher hasher;
  const auto read = files.read_pieces(*real, [&](std::span<const std::byte> piece) { hasher.add(piece); });
  if (!read || hasher.finish() != entry.content.hash) return false;
  static_cast<void>(link_over({*real, *end}, cached.path, end->mode));
  return true;
}

// Where a link leads; nothing when that cannot be said, for a link of somebody else's on the way, say.
std::optional<sys::FileFacts> Placer::end_of(const std::string& path, const sys::FileFacts& there) {
  if (there.kind != sys::FileKind::link) return there;
  return files.facts_through(path).value_or(std::nullopt);
}

// The path without links at its end. The kernel, which knows of links among the directories, has said where it ends: what
// is found from the text of the links counts only when it is that very file.
std::optional<std::string> Placer::find_real(const std::string& path, const sys::FileFacts& end) {
  std::string real = path;
  for (int links = 0; links <= max_links; ++links) {
    const auto facts = files.facts(real);
    if (!facts || !*facts) return std::nullopt;
    if ((*facts)->inode == end.inode && (*facts)->filesystem == end.filesystem) return real;
    if ((*facts)->kind != sys::FileKind::link) return std::nullopt;
    const auto target = files.read_link(real);
    if (!target) return std::nullopt;
    real = joined(sys::parent_of(real), *target);
    if (!sys::is_clean_path(real)) return std::nullopt;
  }
  return std::nullopt;
}

// Whether nobody but root can put another file in its place: that of a link may be anywhere.
bool Placer::is_out_of_reach(const std::string& path) {
  for (std::string_view above = sys::parent_of(path);; above = sys::parent_of(above)) {
    const auto facts = files.facts_through(std::string(above));
    if (!facts || !*facts || (*facts)->uid != 0 || ((*facts)->mode & 0022) != 0) return false;
    if (above == "/") return true;
  }
}

// Whether the way to `path` ends at a link that is not followed, and this link is on another file system than the
// root's: a user's in a home directory that is mounted, say. Nothing is written there in any case.
bool Placer::stopped_elsewhere(const std::string& path, std::uint64_t root) {
  for (auto end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1)) {
    const std::string above = path.substr(0, end);
    const auto facts = files.facts(above);
    if (!facts || !*facts) return false;
    if ((*facts)->kind == sys::FileKind::link && !files.facts_through(above)) return (*facts)->filesystem != root;
  }
  return false;
}

// That of the nearest directory above that is there.
sys::Result<std::uint64_t> Placer::filesystem_for(const std::string& path) {
  for (std::string_view above = sys::parent_of(path);; above = sys::parent_of(above)) {
    // A link among the directories: what counts is where it leads.
    const auto facts = files.facts_through(std::string(above));
    if (!facts) return tl::unexpected(facts.error());
    if (*facts) return (*facts)->filesystem;
    if (above == "/") return sys::failure(ENOENT, "look at the root directory");
  }
}

// Gives the content a name at `path`, where there is nothing yet. A link has the mode of the cached file, as all links
// to it: who wants another one gets a copy.
sys::Status Placer::link(const Cached& cached, const std::string& path, std::uint32_t mode) {
  if (cached.facts.mode != mode) return files.copy(cached.path, path, {0, 0, mode});
  auto linked = files.hard_link(cached.path, path);
  // Another child has placed something there meanwhile: most likely the same.
  if (!linked && linked.error().code == EEXIST) return link_over(cached, path, mode);
  return linked;
}

// As link(), where there is something.
sys::Status Placer::link_over(const Cached& cached, const std::string& path, std::uint32_t mode) {
  if (cached.facts.mode != mode) return files.copy(cached.path, path, {0, 0, mode});
  const std::string beside = sys::cat(path, ".", request.tag);
  (void)files.remove(beside);  // left by a child that was killed, if at all
  if (auto status = files.hard_link(cached.path, beside); !status) return status;
  if (auto status = files.rename(beside, path); !status) return status;
  // Renaming over another link to the same file leaves both names (rename(2)).
  const auto left = files.facts(beside);
  return left && *left ? files.remove(beside) : sys::Status();
}

sys::Result<std::string> Placer::place_program(const transport::FileEntry& entry, const Cached& cached) {
  const std::string directory = sys::cat(programs, "/", content::format_hash(entry.content.hash));
  std::string path = sys::cat(directory, "/", sys::name_in(entry.path));
  const auto there = files.facts(path);
  if (!there) return tl::unexpected(there.error());
  if (*there) return path;  // under this hash there is no other content
  auto status = files.make_directories(directory);
  if (status) status = link(cached, path, mode_of(entry));
  if (!status && status.error().code == EXDEV) status = files.copy(cached.path, path, {0, 0, mode_of(entry)});
  if (!status) return tl::unexpected(status.error());
  return path;
}

bool is_same_file(const sys::FileFacts& a, const sys::FileFacts& b) {
  return a.inode == b.inode && a.filesystem == b.filesystem;
}

sys::Status remove_program(sys::Files& files, const transport::ContentHash& hash) {
  const std::string directory = sys::cat(programs, "/", content::format_hash(hash));
  const auto names = files.list(directory);
  if (!names) return {};
  for (const std::string& name : *names) {
    if (auto status = files.remove(sys::cat(directory, "/", name)); !status) return status;
  }
  return files.remove(directory);
}

}  // namespace

sys::Status check_entries(const std::vector<transport::FileEntry>& entries) {
  for (const transport::FileEntry& entry : entries) {
    if (const auto fault = fault_of(entry.path); !fault.empty())
      return sys::failure(EINVAL, sys::cat("path '", sys::printable(entry.path), "' ", fault));
    for (const std::string_view directory : forbidden)
      if (sys::is_within(entry.path, directory))
        return sys::refusal(sys::cat("place ", entry.path, ": below ", directory, " nothing is placed"));
  }
  return {};
}

sys::Result<std::string> place(sys::Files& files, const PlacementRequest& request) {
  if (auto status = check_entries(request.entries); !status) return tl::unexpected(status.error());
  return Placer{files, request}.run();
}

sys::Status remove_placed(sys::Files& files, const Removal& removal,
                          const std::function<bool(const sys::FileFacts&)>& spared) {
  const auto cached = files.facts(removal.cached);
  if (!cached) return tl::unexpected(cached.error());
  if (!*cached) return {};
  for (const std::string& place : removal.places) {
    const auto there = files.facts(place);
    if (!there || !*there || !is_same_file(**there, **cached) || spared(**there)) continue;
    if ((*there)->inode != removal.inode) continue;
    if (auto status = files.remove(place); !status) return status;
  }
  if (auto status = remove_program(files, removal.hash); !status) return status;
  return files.remove(removal.cached);
}

}  // namespace process
