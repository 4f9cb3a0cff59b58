#include "lab/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "sys/fd.h"
#include "sys/path.h"
#include "sys/safe_path.h"
#include "sys/text.h"

namespace lab {
namespace {

// The header's fields, after the magic: eight hexadecimal digits each.
enum Field { inode, mode, uid, gid, links, mtime, size, major_, minor_, rmajor, rminor, name_size, checksum, fields };
constexpr std::string_view magic = "070701";
constexpr std::size_t header_size = magic.size() + 8 * fields;
constexpr std::string_view trailer = "TRAILER!!!";

struct Entry {
  std::array<std::uint32_t, fields> field{};
  std::string name;
  std::string_view content;
};

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

sys::Result<Entry> read_entry(std::string_view& rest) {
  if (rest.size() < header_size || !rest.starts_with(magic))
    return sys::refusal("image: no cpio header (newc) where one has to be; is the image compressed or cut short?");
  Entry entry;
  for (std::size_t i = 0; i < fields; ++i) {
    const char* digits = rest.data() + magic.size() + 8 * i;
    if (std::from_chars(digits, digits + 8, entry.field[i], 16).ptr != digits + 8)
      return sys::refusal("image: a cpio header with something else than hexadecimal digits");
  }
  const std::size_t name_end = header_size + entry.field[name_size];
  const std::size_t content_end = padded(name_end) + entry.field[size];
  if (entry.field[name_size] == 0 || content_end > rest.size())
    return sys::refusal("image: a cpio entry reaches past the end; the image is cut short");
  entry.name = rest.substr(header_size, entry.field[name_size] - 1);
  entry.content = rest.substr(padded(name_end), entry.field[size]);
  rest.remove_prefix(std::min(padded(content_end), rest.size()));
  return entry;
}

bool leads_out(std::string_view name) {
  if (name.empty() || name.front() == '/') return true;
  for (std::string_view part : sys::split(name, '/'))
    if (part == "..") return true;
  return false;
}

// As an absolute path of the root: "./a//b" is /a/b.
std::string path_of(std::string_view name) {
  std::string path;
  for (std::string_view part : sys::split(name, '/'))
    if (!part.empty() && part != ".") path += sys::cat("/", part);
  return path.empty() ? "/" : path;
}

sys::Status write_file(const sys::Place& place, std::string_view content, mode_t permissions) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  sys::Fd file(openat(place.at(), place.name.c_str(), flags, permissions));
  if (!file.valid()) return sys::failure(errno, sys::cat("create ", place.name));
  while (!content.empty()) {
    const ssize_t written = write(file.get(), content.data(), content.size());
    if (written < 0) return sys::failure(errno, sys::cat("write ", place.name));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

int make_other(const sys::Place& place, const Entry& entry) {
  const mode_t bits = entry.field[mode];
  const char* name = place.name.c_str();
  if (S_ISDIR(bits)) return mkdirat(place.at(), name, bits & 07777);
  if (S_ISLNK(bits)) return symlinkat(std::string(entry.content).c_str(), place.at(), name);
  return mknodat(place.at(), name, bits, makedev(entry.field[rmajor], entry.field[rminor]));
}

// Where links that were unpacked before lead in the machine, which never is out of its root.
sys::Status make(const Entry& entry) {
  const mode_t bits = entry.field[mode];
  if (S_ISLNK(bits) && !sys::is_link_target(entry.content))
    return sys::refusal(sys::cat("image: the link ", sys::printable(entry.name), " leads nowhere"));
  const auto place = sys::SafePaths(sys::LinkTrust::inside, ".").locate("image: make", path_of(entry.name));
  if (!place) return tl::unexpected(place.error());
  if (S_ISREG(bits)) return write_file(*place, entry.content, bits & 07777);
  if (make_other(*place, entry) != 0 && errno != EEXIST)
    return sys::failure(errno, sys::cat("make ", sys::printable(entry.name)));
  return {};
}

}  // namespace

sys::Result<std::string> read_image(const std::string& path) {
  sys::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts = {};
  if (!file.valid() || fstat(file.get(), &facts) != 0) return sys::failure(errno, sys::cat("open image ", path));
  if (static_cast<std::size_t>(facts.st_size) > image_limit)
    return sys::refusal(sys::cat("image ", path, " is larger than ", image_limit, " bytes"));
  std::string content(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = read(file.get(), content.data() + have, content.size() - have);
    if (got < 0) return sys::failure(errno, sys::cat("read image ", path));
    if (got == 0) return sys::refusal(sys::cat("image ", path, " became shorter while it was read"));
    have += static_cast<std::size_t>(got);
  }
  return content;
}

sys::Status unpack(std::string_view archive) {
  const mode_t mask = umask(0);
  sys::Status status;
  while (status) {
    sys::Result<Entry> entry = read_entry(archive);
    if (!entry) {
      status = tl::unexpected(entry.error());
    } else if (entry->name == trailer) {
      break;
    } else if (leads_out(entry->name)) {
      status = sys::refusal(sys::cat("image: the name ", sys::printable(entry->name), " leads out of the root"));
    } else {
      status = make(*entry);
    }
  }
  umask(mask);
  return status;
}

sys::Status copy_root(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::copy_file(fs::path(directory) / "init", "init", error);
  if (error) return sys::failure(error.value(), sys::cat("copy ", directory, "/init"));
  const fs::path settings = fs::path(directory) / "etc";
  if (fs::is_directory(settings, error)) fs::copy(settings, "etc", fs::copy_options::recursive, error);
  if (error) return sys::failure(error.value(), sys::cat("copy ", directory, "/etc"));
  for (const char* name : {"proc", "sys", "dev", "run", "tmp", "etc", "lib"})
    if (mkdir(name, 0755) != 0 && errno != EEXIST) return sys::failure(errno, sys::cat("make ", name));
  return {};
}

}  // namespace lab
