#include "sys/safe_path.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

#include "sys/file_io.h"
#include "sys/path.h"
#include "sys/text.h"

namespace sys {
namespace {

constexpr int most_links = 40;               // on one path, as in the kernel
constexpr std::size_t deepest = 256;         // directories that one walk has open
constexpr std::size_t longest_rest = 32768;  // bytes of path, links put in

constexpr int searching = O_PATH | O_CLOEXEC;

// openat2(2), for which C libraries have no function. Follows no link at all.
int open_without_links(int root, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags) | ((flags & O_PATH) != 0 ? 0 : O_LARGEFILE);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

// Whether the walk may know more: there is a link; there is no openat2 here; or something was renamed meanwhile.
bool is_for_the_walk(int code) {
  return code == ELOOP || code == ENOSYS || code == EPERM || code == EAGAIN || code == EXDEV;
}

Status check(std::string_view operation, const std::string& path) {
  const std::string_view fault = path_fault(path);
  if (fault.empty()) return {};
  return refusal(cat(operation, " '", printable(path), "': the path ", fault));
}

Result<Fd> open_root(std::string_view operation, const std::string& path, const std::string& root) {
  Fd fd(::open(root.c_str(), searching | O_DIRECTORY));
  if (!fd.valid()) return failure(errno, cat(operation, " ", path, ": open the root directory ", root));
  return fd;
}

// One path on its way, component by component.
class Walk {
 public:
  Walk(LinkTrust links, std::string what, Fd root, const std::string& path) : links_(links), what_(std::move(what)) {
    rest_ = path.substr(1);
    directories_.push_back({std::move(root), ""});
  }

  Result<Place> run(bool follow);

 private:
  struct Directory {
    Fd fd;
    std::string path;  // as it was reached, without a slash at its end
  };

  Directory& here() { return directories_.back(); }
  std::string path_of(std::string_view name) { return cat(here().path, "/", printable(name)); }
  std::string next_component();
  Status enter(Fd entry, std::string_view name);
  Status follow(const Fd& link, const struct stat& found, std::string_view name);
  Status check_link(const struct stat& link, std::string_view name);
  Status redirect(std::string_view target, std::string_view name, bool in_proc);
  tl::unexpected<Error> refuse(std::string_view why) { return refusal(cat(what_, ": ", why)); }

  LinkTrust links_;
  std::string what_;
  std::vector<Directory> directories_;  // from the root down to where we are: ".." goes back to what we came through
  std::string rest_;
  int followed_ = 0;
};

// Takes it off the path; empty at the end.
std::string Walk::next_component() {
  for (;;) {
    const auto slash = rest_.find('/');
    std::string name = rest_.substr(0, slash);
    rest_.erase(0, slash == rest_.npos ? slash : slash + 1);
    if ((!name.empty() && name != ".") || rest_.empty()) return name == "." ? "" : name;
  }
}

Result<Place> Walk::run(bool follow_last) {
  for (;;) {
    const std::string name = next_component();
    const bool last = rest_.find_first_not_of('/') == rest_.npos;
    if (name == ".." && directories_.size() > 1) directories_.pop_back();
    if (name == ".." && !last) continue;
    if (name.empty() || name == "..") return Place{std::move(here().fd), "."};
    if (last && !follow_last) return Place{std::move(here().fd), name};

    Fd entry(::openat(here().fd.get(), name.c_str(), searching | O_NOFOLLOW));
    if (!entry.valid() && errno == ENOENT && last) return Place{std::move(here().fd), name};
    if (!entry.valid()) return failure(errno, cat(what_, ": ", path_of(name)));
    struct stat found {};
    if (::fstat(entry.get(), &found) < 0) return failure(errno, cat(what_, ": look at ", path_of(name)));
    const bool is_link = S_ISLNK(found.st_mode);
    if (!is_link && last) return Place{std::move(here().fd), name};
    if (!is_link && !S_ISDIR(found.st_mode)) return failure(ENOTDIR, cat(what_, ": ", path_of(name), " is in the way"));
    auto status = is_link ? follow(entry, found, name) : enter(std::move(entry), name);
    if (!status) return tl::unexpected(status.error());
  }
}

Status Walk::enter(Fd entry, std::string_view name) {
  if (directories_.size() >= deepest) return refuse(cat("more than ", deepest, " directories deep"));
  std::string path = path_of(name);
  directories_.push_back({std::move(entry), std::move(path)});
  return {};
}

// Judges and reads the very link that is open, whatever has its name meanwhile; a link cannot be changed.
Status Walk::follow(const Fd& link, const struct stat& found, std::string_view name) {
  if (++followed_ > most_links) return failure(ELOOP, cat(what_, ": ", path_of(name)));
  if (auto status = check_link(found, name); !status) return status;
  struct statfs filesystem {};
  if (::fstatfs(link.get(), &filesystem) < 0) return failure(errno, cat(what_, ": look at ", path_of(name)));
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
  if (size < 0) return failure(errno, cat(what_, ": read link ", path_of(name)));
  return redirect({target.data(), static_cast<std::size_t>(size)}, name, filesystem.f_type == PROC_SUPER_MAGIC);
}

// A link of root's is root's word only where nobody else can have put it: link(2) and rename(2) bring it into any
// directory that one may write to. Sticky, a directory still lets others bring a second name of it.
Status Walk::check_link(const struct stat& link, std::string_view name) {
  if (links_ != LinkTrust::of_root) return {};
  if (link.st_uid != 0) return refuse(cat(path_of(name), " is a link that uid ", link.st_uid, " has made"));
  struct stat above {};
  if (::fstat(here().fd.get(), &above) < 0) return failure(errno, cat(what_, ": look at ", here().path));
  if (above.st_uid == 0 && (above.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  if (above.st_uid == 0 && (above.st_mode & S_ISVTX) != 0 && link.st_nlink == 1) return {};
  return refuse(cat(path_of(name), " is a link that others than root can have put into ", here().path, "/"));
}

Status Walk::redirect(std::string_view target, std::string_view name, bool in_proc) {
  // Those to open files and namespaces. /proc/self and the like are ordinary ones: they lead to what is beside them.
  if (in_proc && (target.starts_with('/') || target.find(':') != target.npos))
    return refuse(cat(path_of(name), " is a magic link"));
  if (target.size() + rest_.size() + 1 > longest_rest)
    return refuse(cat("the path is longer than ", longest_rest, " bytes where ", path_of(name), " leads"));
  if (target.starts_with('/')) directories_.resize(1);
  rest_ = cat(target, "/", rest_);
  return {};
}

}  // namespace

int Place::at() const { return directory.valid() ? directory.get() : AT_FDCWD; }

std::string Place::beside(std::string_view other) const { return cat(name.substr(0, name.rfind('/') + 1), other); }

Result<Place> SafePaths::locate(std::string_view operation, const std::string& path) const {
  if (links_ == LinkTrust::all) return Place{Fd(), path};
  if (auto status = check(operation, path); !status) return tl::unexpected(status.error());
  auto root = open_root(operation, path, root_);
  if (!root) return tl::unexpected(root.error());
  if (path == "/") return Place{*std::move(root), "."};
  Fd directory(open_without_links(root->get(), std::string(parent_of(path)), searching | O_DIRECTORY));
  if (directory.valid()) return Place{std::move(directory), std::string(name_in(path))};
  if (is_for_the_walk(errno)) return walk(operation, path, false);
  return path_failure(operation, path);
}

Result<Place> SafePaths::locate_target(std::string_view operation, const std::string& path) const {
  auto place = locate(operation, path);
  if (!place || links_ == LinkTrust::all) return place;
  struct stat found {};
  const int looked = ::fstatat(place->at(), place->name.c_str(), &found, AT_SYMLINK_NOFOLLOW);
  return looked == 0 && S_ISLNK(found.st_mode) ? walk(operation, path, true) : std::move(place);
}

Result<Fd> SafePaths::open(std::string_view operation, const std::string& path, int flags) const {
  flags |= O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY);
  if (links_ == LinkTrust::all) return open_path(operation, path, flags);
  if (auto status = check(operation, path); !status) return tl::unexpected(status.error());
  auto root = open_root(operation, path, root_);
  if (!root) return root;
  Fd fd(open_without_links(root->get(), path, flags));
  if (fd.valid()) return fd;
  if (!is_for_the_walk(errno)) return path_failure(operation, path);
  const auto place = walk(operation, path, true);
  if (!place) return tl::unexpected(place.error());
  fd = Fd(::openat(place->at(), place->name.c_str(), flags | O_NOFOLLOW));
  if (!fd.valid()) return path_failure(operation, path);
  return fd;
}

Result<Place> SafePaths::walk(std::string_view operation, const std::string& path, bool follow) const {
  auto root = open_root(operation, path, root_);
  if (!root) return tl::unexpected(root.error());
  return Walk(links_, cat(operation, " ", path), *std::move(root), path).run(follow);
}

}  // namespace sys
