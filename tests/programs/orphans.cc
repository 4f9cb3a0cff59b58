// Leaves orphans: orphans COUNT. Every child forks a grandchild and exits at once, so that the grandchild becomes
// PID 1's; the grandchild exits, too. Ends when all children have been waited for.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
  const long wanted = count == 2 ? std::strtol(words[1], nullptr, 10) : 0;
  if (wanted <= 0) {
    std::fputs("usage: orphans COUNT\n", stderr);
    return 2;
  }
  for (long made = 0; made < wanted; ++made) {
    const pid_t child = fork();
    if (child == 0) _exit(fork() < 0 ? 1 : 0);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
      std::perror("orphans: fork");
      return 1;
    }
  }
}
