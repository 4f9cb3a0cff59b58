// The C functions for launchers, with a nodemaster that says what it is told to.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "frontend/api/nodeinit.h"
#include "sys/fd.h"
#include "tests/unit/temporary_directory.h"
#include "transport/frame.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

void say(int connection, const transport::Message& message) {
  transport::Bytes frame;
  if (transport::append_frame(message, 1, frame)) (void)!::write(connection, frame.data(), frame.size());
}

// Takes one job, whose only rank's node goes and comes back every 20 ms for a while, and is gone then.
[[noreturn]] void be_nodemaster(int listener) {
  const int connection = ::accept(listener, nullptr, nullptr);
  transport::RunStarted started;
  started.job = 1;
  started.nodes = {0};
  started.names = {"n0"};
  say(connection, started);
  for (int i = 0; i < 1000; ++i) {
    ::usleep(20'000);
    say(connection, transport::RunContact{.rank = 0, .away = i % 2 == 0});
  }
  ::_exit(0);
}

struct Launched {
  Launched() {
    const sys::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX};
    const std::string path = folder / "socket";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    nodemaster = ::fork();
    if (nodemaster == 0) be_nodemaster(listener.get());
    cluster = nodeinit_open(path.c_str());
    std::string word = "sh";
    std::array<char*, 2> words = {word.data(), nullptr};
    const std::uint32_t node = 0;
    job = nodeinit_vexecmove(cluster, &node, 1, "/bin/sh", words.data(), nullptr);
    CAPTURE(nodeinit_error(cluster));
    REQUIRE(job != nullptr);
  }
  ~Launched() {
    nodeinit_job_close(job);
    nodeinit_close(cluster);
    ::kill(nodemaster, SIGKILL);
    ::waitpid(nodemaster, nullptr, 0);
  }

  fakes::TemporaryDirectory folder;
  int nodemaster = -1;
  nodeinit* cluster = nullptr;
  nodeinit_job* job = nullptr;
  nodeinit_event event{};
};

}  // namespace

TEST_CASE_FIXTURE(Launched, "api: what is no event does not make a call wait longer") {
  const auto begin = Clock::now();
  CHECK(nodeinit_job_next(job, &event, 100) == 0);
  CHECK(Clock::now() - begin >= 100ms);
}

TEST_CASE_FIXTURE(Launched, "api: the number of a connection that is over is not told any more") {
  CHECK(nodeinit_job_fd(job) >= 0);
  ::kill(nodemaster, SIGKILL);
  CHECK(nodeinit_job_next(job, &event, -1) == -1);
  CHECK(std::string(nodeinit_error(cluster)) != "");
  CHECK(nodeinit_job_fd(job) == -1);
  CHECK(nodeinit_job_signal(job, 0, SIGTERM) == -1);
}

TEST_CASE_FIXTURE(Launched, "api: what cannot be meant is refused") {
  CHECK(nodeinit_job_signal(job, 1, SIGTERM) == -1);
  CHECK(errno == EINVAL);
  for (const int signal : {0, -3, 65}) {
    CHECK(nodeinit_job_signal(job, NODEINIT_ALL_RANKS, signal) == -1);
    CHECK(errno == EINVAL);
  }
  CHECK(nodeinit_job_signal(job, NODEINIT_ALL_RANKS, SIGTERM) == 0);
  const std::uint32_t twice[] = {1, 1};
  std::string word = "sh";
  std::array<char*, 2> words = {word.data(), nullptr};
  CHECK(nodeinit_vexecmove(cluster, twice, 2, "/bin/sh", words.data(), nullptr) == nullptr);
  CHECK(errno == EINVAL);
  CHECK(nodeinit_vexecmove(cluster, twice, 1, "/bin/sh", words.data() + 1, nullptr) == nullptr);
  CHECK(errno == EINVAL);
}
