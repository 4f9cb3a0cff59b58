#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "sys/socket_stream.h"
#include "sys/text.h"
#include "sys/umask_guard.h"

namespace sys {
namespace {

struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = 0;
};

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress out;
  constexpr std::size_t limit = sizeof out.address.sun_path - 1;
  if (path.empty() || path.size() > limit || path.find('\0') != std::string::npos) {
    return refusal(cat("socket path '", printable(path), "': must have 1 to ", limit, " bytes; use a shorter one"));
  }
  out.address.sun_family = AF_UNIX;
  std::memcpy(out.address.sun_path, path.c_str(), path.size() + 1);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

// The supplementary groups of whoever connected. A kernel before 4.13 does not tell: then there are none.
Result<std::vector<std::uint32_t>> peer_groups(int fd, const std::string& path) {
  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  std::vector<std::uint32_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const bool all = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0;
    if (!all && errno == ENOPROTOOPT) return std::vector<std::uint32_t>();
    // When there was too little room, the kernel says how much it takes.
    const std::size_t count = size / sizeof(gid_t);
    const bool too_few = !all && errno == ERANGE && count > groups.size() && count <= Listener::max_groups;
    if (!all && !too_few) return socket_failure("find out the groups of who connected to", path);
    groups.resize(count);
    if (all) return groups;
  }
}

class UnixListener final : public Listener {
 public:
  UnixListener(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<Accepted> accept() override {
    Fd fd = accept_next(fd_.get(), nullptr, 0);
    if (!fd.valid()) return socket_failure("accept a connection on", path_);
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
      return socket_failure("find out who connected to", path_);
    }
    auto groups = peer_groups(fd.get(), path_);
    if (!groups) return tl::unexpected(groups.error());
    return Accepted{.stream = socket_stream(std::move(fd), cat("process ", peer.pid)),
                    .uid = peer.uid,
                    .gid = peer.gid,
                    .groups = std::move(*groups),
                    .pid = peer.pid};
  }
  int fd() const override { return fd_.get(); }

 private:
  Fd fd_;
  std::string path_;
};

// Removes the socket file that an ended process left at `path`.
Status remove_stale_socket(const std::string& path, const UnixAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) < 0) return {};  // nothing there; anything else is bind's to report
  if (!S_ISSOCK(found.st_mode)) {
    return failure(EEXIST, cat("listen on ", path, ": a file that is not a socket is in the way; remove it"));
  }
  Fd probe(::socket(AF_UNIX, socket_type, 0));
  if (!probe.valid()) return socket_failure("open a socket for", path);
  int outcome = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address.address), address.size);
  if (outcome == 0 || errno != ECONNREFUSED) {
    return failure(EADDRINUSE, cat("listen on ", path, ": another process listens there already"));
  }
  if (::unlink(path.c_str()) < 0) return socket_failure("remove the stale socket", path);
  return {};
}

}  // namespace

Result<std::unique_ptr<Stream>> KernelSockets::connect_unix(const std::string& path) {
  auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  Fd fd(::socket(AF_UNIX, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->address), address->size) < 0) {
    int code = errno;
    return failure(code, cat("connect to ", path));
  }
  return socket_stream(std::move(fd), path);
}

Result<std::unique_ptr<Listener>> KernelSockets::listen_unix(const std::string& path, std::uint32_t mode) {
  auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  auto clear = remove_stale_socket(path, *address);
  if (!clear) return tl::unexpected(clear.error());
  Fd fd(::socket(AF_UNIX, socket_type, 0));
  if (!fd.valid()) return socket_failure("open a socket for", path);
  // The file must have its mode from the first moment on: it is the door.
  UmaskGuard guard(static_cast<mode_t>(0777 & ~mode));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->address), address->size) < 0 ||
      ::listen(fd.get(), listen_backlog) < 0) {
    return socket_failure("listen on", path);
  }
  return std::make_unique<UnixListener>(std::move(fd), path);
}

}  // namespace sys
