#include "sys/stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <numeric>

#include "sys/console.h"
#include "sys/files.h"
#include "sys/umask_guard.h"
#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

namespace {

using fakes::TemporaryDirectory;
using Accepted = sys::Listener::Accepted;

constexpr std::uint32_t localhost = 0x7f000001;

// Readiness is waited for, not time: the limit only keeps a broken test from hanging.
bool await(int fd, short events) {
  pollfd waiting{fd, events, 0};
  return ::poll(&waiting, 1, 60'000) == 1;
}

std::uint16_t port_of(const sys::Listener& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

int option_of(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, option, &value, &size) == 0);
  return value;
}

bool is_private(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

std::size_t write(sys::Stream& stream, std::string_view text) {
  return stream.write(std::as_bytes(std::span(text))).value_or(0);
}

std::string read(sys::Stream& stream) {
  REQUIRE(await(stream.fd(), POLLIN));
  std::byte buffer[64];
  const auto size = stream.read(buffer);
  REQUIRE(size);
  return {reinterpret_cast<const char*>(buffer), *size};
}

int read_code(sys::Stream& stream) {
  std::byte buffer[64];
  const auto size = stream.read(buffer);
  return size ? 0 : size.error().code;
}

Accepted accept(sys::Listener& listener) {
  REQUIRE(await(listener.fd(), POLLIN));
  auto accepted = listener.accept();
  REQUIRE(accepted);
  return std::move(*accepted);
}

struct TcpPair {
  sys::KernelSockets sockets;
  std::unique_ptr<sys::Listener> listener = std::move(*sockets.listen_tcp({localhost, 0}, 5000));
  std::unique_ptr<sys::Stream> client = std::move(*sockets.connect_tcp({localhost, port_of(*listener)}, 5000));
  Accepted server = accept(*listener);
};

}  // namespace

TEST_CASE("addresses: text to numbers and back") {
  CHECK(sys::parse_ip("10.9.0.1").value() == 0x0a090001);
  CHECK(sys::parse_ip("0.0.0.0").value() == 0);
  CHECK(sys::parse_ip("255.255.255.255").value() == 0xffffffff);
  CHECK(sys::format_ip(0x0a090001) == "10.9.0.1");
  CHECK(sys::format_address({0x0a090001, 2223}) == "10.9.0.1:2223");
}

TEST_CASE("addresses: what is no dotted quad is refused") {
  for (const char* bad : {"", "10.9.0", "10.9.0.1.2", "10.9.0.256", "10.9.0.-1", "10.9.0.1 ", " 10.9.0.1", "10.9..1",
                          "a.b.c.d", "010.9.0.1", "0x0a.9.0.1", "168361985", "10.9.0.1\n", "10.9.0.99999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(sys::parse_ip(bad));
  }
  CHECK(sys::parse_ip("x\n").error().what == "'x\\x0a' is not an IPv4 address such as 10.9.0.1");
}

TEST_CASE("tcp: bytes go both ways, descriptors are close-on-exec and non-blocking") {
  TcpPair pair;
  REQUIRE(await(pair.client->fd(), POLLOUT));
  CHECK(pair.client->connect_result());
  for (int fd : {pair.client->fd(), pair.server.stream->fd(), pair.listener->fd()})
    CHECK(is_private(fd));
  CHECK(pair.server.peer.ip == localhost);
  CHECK(read_code(*pair.server.stream) == EAGAIN);
  CHECK(write(*pair.client, "ping") == 4);
  CHECK(read(*pair.server.stream) == "ping");
  CHECK(write(*pair.server.stream, "pong") == 4);
  CHECK(read(*pair.client) == "pong");
  CHECK(pair.listener->accept().error().code == EAGAIN);
}

TEST_CASE("tcp: both ends notice silence, accepted ones too") {
  TcpPair pair;
  for (int fd : {pair.client->fd(), pair.server.stream->fd()}) {
    CHECK(option_of(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == 5000);
    CHECK(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 2);
  }
  CHECK(option_of(pair.listener->fd(), SOL_SOCKET, SO_REUSEADDR) == 1);
}

TEST_CASE("tcp: the end of a stream, and writing after it") {
  TcpPair pair;
  pair.server.stream.reset();
  CHECK(read(*pair.client) == "");
  write(*pair.client, "into the void");  // answered by a reset
  REQUIRE(await(pair.client->fd(), POLLHUP));
  const auto written = pair.client->write(std::as_bytes(std::span("x", 1)));
  REQUIRE_FALSE(written);
  CHECK((written.error().code == EPIPE || written.error().code == ECONNRESET));
}

TEST_CASE("tcp: a writer is told when the reader does not read") {
  TcpPair pair;
  const std::string block(1u << 16, 'x');
  sys::Result<std::size_t> written = std::size_t{1};
  for (int i = 0; i < 10'000 && written; ++i)
    written = pair.client->write(std::as_bytes(std::span(block)));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == EAGAIN);
}

TEST_CASE("a socket that is shut is ready for everything at once, whoever does not read at its other end") {
  TcpPair pair;
  const std::string plenty(1u << 20, 'x');
  while (write(*pair.client, plenty) > 0) {
  }
  pollfd ready{pair.client->fd(), POLLIN | POLLOUT, 0};
  REQUIRE(::poll(&ready, 1, 0) == 0);
  pair.client->shut();
  CHECK(::poll(&ready, 1, 0) == 1);
}

TEST_CASE("tcp: a refused connection is found out from the stream") {
  sys::KernelSockets sockets;
  auto listener = sockets.listen_tcp({localhost, 0}, 5000);
  REQUIRE(listener);
  const auto port = port_of(**listener);
  listener->reset();
  auto stream = sockets.connect_tcp({localhost, port}, 5000);
  if (!stream) {  // on loopback the refusal may come at once
    CHECK(stream.error().code == ECONNREFUSED);
    return;
  }
  REQUIRE(await((*stream)->fd(), POLLOUT));
  const auto result = (*stream)->connect_result();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ECONNREFUSED);
  CHECK(result.error().what == sys::cat("connect to 127.0.0.1:", port));
}

TEST_CASE("tcp: a probe tells who listens, who does not, and who says nothing") {
  sys::KernelSockets sockets;
  auto listener = std::move(*sockets.listen_tcp({localhost, 0}, 5000));
  const sys::TcpAddress place{localhost, port_of(*listener)};
  CHECK(sockets.probe_tcp(place, std::chrono::seconds(60)));
  // What the backlog has no room for is not answered at all.
  REQUIRE(::listen(listener->fd(), 0) == 0);
  const auto waiting = sockets.connect_tcp(place, 5000);
  const auto silent = sockets.probe_tcp(place, std::chrono::milliseconds(20));
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == ETIMEDOUT);
  CHECK(silent.error().what == "connect to " + sys::format_address(place));
  listener.reset();
  CHECK(sockets.probe_tcp(place, std::chrono::seconds(60)).error().code == ECONNREFUSED);
}

TEST_CASE("tcp: a port can be listened on once") {
  sys::KernelSockets sockets;
  auto listener = sockets.listen_tcp({localhost, 0}, 5000);
  REQUIRE(listener);
  const auto again = sockets.listen_tcp({localhost, port_of(**listener)}, 5000);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == EADDRINUSE);
}

TEST_CASE("unix: the peer is known, the socket has its mode from the beginning") {
  TemporaryDirectory directory;
  sys::KernelSockets sockets;
  sys::UmaskGuard strict(0777);
  auto listener = sockets.listen_unix(directory / "socket", 0660);
  REQUIRE(listener);
  struct stat found {};
  REQUIRE(::stat((directory / "socket").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0660);

  auto client = sockets.connect_unix(directory / "socket");
  REQUIRE(client);
  const Accepted server = accept(**listener);
  CHECK(server.uid == ::getuid());
  CHECK(server.pid == ::getpid());
  for (int fd : {(*client)->fd(), server.stream->fd(), (*listener)->fd()})
    CHECK(is_private(fd));
  CHECK(write(**client, "hello") == 5);
  CHECK(read(*server.stream) == "hello");
}

// What a process with these supplementary groups is seen to have; as root.
std::string check_groups(std::vector<gid_t> groups) {
  TemporaryDirectory directory;
  sys::KernelSockets sockets;
  if (::setgroups(groups.size(), groups.data()) != 0) return sys::cat("setgroups: errno ", errno);
  auto listener = sockets.listen_unix(directory / "socket", 0600);
  EXPECT(listener);
  EXPECT(sockets.connect_unix(directory / "socket"));
  const auto accepted = (*listener)->accept();
  EXPECT(accepted);
  EXPECT(accepted->groups == std::vector<std::uint32_t>(groups.begin(), groups.end()));
  return {};
}

TEST_CASE("unix: the peer's groups are known, none, some and very many") {
  for (const std::size_t count : {0, 1, 64, 65, 5000}) {
    std::vector<gid_t> groups(count);
    std::iota(groups.begin(), groups.end(), 1000);
    CHECK(fakes::in_namespace(0, [&] { return check_groups(groups); }) == "");
  }
}

TEST_CASE("unix: a stale socket is replaced, one in use is not") {
  TemporaryDirectory directory;
  sys::KernelSockets sockets;
  auto first = sockets.listen_unix(directory / "socket", 0600);
  REQUIRE(first);
  const auto second = sockets.listen_unix(directory / "socket", 0600);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EADDRINUSE);
  CHECK(sockets.connect_unix(directory / "socket"));
  first->reset();
  CHECK(sockets.connect_unix(directory / "socket").error().code == ECONNREFUSED);
  CHECK(sockets.listen_unix(directory / "socket", 0600));
}

TEST_CASE("unix: a file in the way stays") {
  TemporaryDirectory directory;
  sys::KernelSockets sockets;
  sys::Fd file(::open((directory / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  REQUIRE(file.valid());
  const auto listener = sockets.listen_unix(directory / "file", 0600);
  REQUIRE_FALSE(listener);
  CHECK(listener.error().code == EEXIST);
  CHECK(::access((directory / "file").c_str(), F_OK) == 0);
}

TEST_CASE("unix: a path that does not fit is refused, not cut") {
  sys::KernelSockets sockets;
  const std::string longest = "/tmp/" + std::string(102, 'x');  // 107 bytes
  CHECK(sockets.connect_unix(longest).error().code == ENOENT);
  for (const std::string& bad : {longest + "x", std::string(), std::string("/tmp/a\0b", 8)}) {
    const auto refused = sockets.connect_unix(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == 0);
    CHECK_FALSE(sockets.listen_unix(bad, 0600));
  }
}

TEST_CASE("stream_of: a pipe as a stream") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  auto reader = sys::stream_of(sys::Fd(ends[0]));
  auto writer = sys::stream_of(sys::Fd(ends[1]));
  CHECK(read_code(*reader) == EAGAIN);
  CHECK(write(*writer, "text") == 4);
  CHECK(read(*reader) == "text");
  CHECK(reader->connect_result());
  writer.reset();
  CHECK(read(*reader) == "");
}

TEST_CASE("console: to a file it writes where all others write who share it, and nobody overwrites anything") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  const sys::Fd shared(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(shared.valid());
  REQUIRE(::write(shared.get(), "before ", 7) == 7);
  const auto console = sys::open_console(shared.get());
  REQUIRE(console);
  CHECK(write(**console, "log ") == 4);
  REQUIRE(::write(shared.get(), "after", 5) == 5);
  CHECK(sys::KernelFiles().read(path, 100).value() == "before log after");
}

TEST_CASE("console: who shares its pipe does not see that it never blocks") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto reader = sys::stream_of(sys::Fd(ends[0]));
  const sys::Fd shared(ends[1]);
  const auto console = sys::open_console(shared.get());
  REQUIRE(console);
  CHECK(is_private((*console)->fd()));
  CHECK((::fcntl(shared.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(write(**console, "log") == 3);
  CHECK(read(*reader) == "log");
}
