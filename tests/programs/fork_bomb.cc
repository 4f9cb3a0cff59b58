// Processes that make themselves more and more, each in a session of its own and PID 1's child (a double fork):
// fork_bomb SECONDS MOST. No more than MOST live at the same time, and none for longer than SECONDS.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

namespace {

struct Shared {
  std::atomic<long> living{1};
};

long now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

[[noreturn]] void bomb(Shared& shared, long end, long most);

void fork_twice(Shared& shared, long end, long most) {
  if (shared.living.fetch_add(2) + 2 > most) {
    shared.living.fetch_sub(2);
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    const pid_t grandchild = fork();
    if (grandchild == 0) bomb(shared, end, most);
    shared.living.fetch_sub(grandchild < 0 ? 2 : 1);
    _exit(0);
  }
  if (child > 0) {
    waitpid(child, nullptr, 0);
    return;
  }
  shared.living.fetch_sub(2);
}

void bomb(Shared& shared, long end, long most) {
  while (now() < end) {
    alarm(static_cast<unsigned>(end - now() + 1));  // should a fork hang
    fork_twice(shared, end, most);
    usleep(2000);
  }
  _exit(0);
}

}  // namespace

int main(int count, char** words) {
  const long seconds = count == 3 ? std::strtol(words[1], nullptr, 10) : 0;
  const long most = count == 3 ? std::strtol(words[2], nullptr, 10) : 0;
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (seconds <= 0 || seconds > 120 || most <= 0 || most > 1000 || memory == MAP_FAILED) {
    std::fputs("usage: fork_bomb SECONDS MOST\n", stderr);
    return 2;
  }
  std::puts("ticks");
  std::fflush(stdout);
  bomb(*new (memory) Shared, now() + seconds, most);
}
