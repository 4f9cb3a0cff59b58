/* A launcher: shows the nodes, runs a program on those that it is told, and prints what happens.
 *
 *   launcher SOCKET nodes                        a line for each node
 *   launcher SOCKET run N[,N]... PROGRAM ARG...  its output and ends, by poll(2)
 *   launcher SOCKET kill N[,N]... SIGNAL         of shells, which it has started there and which are ready */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "frontend/api/nodeinit.h"

static int fail(const nodeinit* cluster, const char* what) {
  fprintf(stderr, "%s: errno %d: %s\n", what, errno, nodeinit_error(cluster));
  return 1;
}

static int show_nodes(nodeinit* cluster) {
  struct nodeinit_node nodes[64];
  const int count = nodeinit_nodes(cluster, NULL, nodes, 64);
  if (count < 0) return fail(cluster, "nodes");
  for (int i = 0; i < count && i < 64; ++i)
    printf("%u %s %d %08x\n", nodes[i].number, nodes[i].name, (int)nodes[i].state, nodes[i].address);
  return 0;
}

static size_t read_numbers(char* text, uint32_t* numbers, size_t room) {
  size_t count = 0;
  for (char* word = strtok(text, ","); word && count < room; word = strtok(NULL, ","))
    numbers[count++] = (uint32_t)strtoul(word, NULL, 10);
  return count;
}

static void show(const struct nodeinit_event* event) {
  switch (event->kind) {
    case NODEINIT_OUTPUT:
      printf("node %u says %.*s", event->node, (int)event->size, (const char*)event->data);
      break;
    case NODEINIT_STATE:
      printf("node %u %s\n", event->node, WIFSTOPPED(event->status) ? "stopped" : "goes on");
      break;
    case NODEINIT_END:
      if (event->code != 0)
        printf("node %u failed: %d %s\n", event->node, event->code, event->reason);
      else if (WIFSIGNALED(event->status))
        printf("node %u killed by %d\n", event->node, WTERMSIG(event->status));
      else
        printf("node %u exited with %d\n", event->node, WEXITSTATUS(event->status));
      break;
    case NODEINIT_STARTED:
      printf("node %u runs %d\n", event->node, event->pid);
      break;
    case NODEINIT_OVER:
      break;
  }
}

/* As a program with a loop of its own would. Who says something gets `signal`, unless it is 0. */
static int watch(nodeinit* cluster, nodeinit_job* job, int signal) {
  struct nodeinit_event event;
  for (;;) {
    const int got = nodeinit_job_next(job, &event, 0);
    if (got < 0) return fail(cluster, "next");
    if (got == 0) {
      struct pollfd waiting = {.fd = nodeinit_job_fd(job), .events = POLLIN};
      if (waiting.fd < 0) continue; /* the job is lost: that is what comes next */
      if (poll(&waiting, 1, 60000) != 1) return fail(cluster, "poll");
      continue;
    }
    if (event.kind == NODEINIT_OVER) break;
    show(&event);
    if (event.kind == NODEINIT_OUTPUT && signal != 0 && nodeinit_job_signal(job, event.rank, signal) < 0)
      return fail(cluster, "signal");
  }
  return nodeinit_job_wait(job);
}

static int run(nodeinit* cluster, char* numbers, char** command, int signal) {
  uint32_t nodes[64];
  const size_t count = read_numbers(numbers, nodes, 64);
  nodeinit_job* job = nodeinit_vexecmove(cluster, nodes, count, command[0], command, NULL);
  if (!job) return fail(cluster, "vexecmove");
  const int status = watch(cluster, job, signal);
  nodeinit_job_close(job);
  return status;
}

int main(int argc, char** argv) {
  static char* shell[] = {"/bin/sh", "-c", "echo ready; while :; do :; done", NULL};
  if (argc < 3) return 2;
  nodeinit* cluster = nodeinit_open(argv[1]);
  if (!cluster) return 1;
  int status = 2;
  if (strcmp(argv[2], "nodes") == 0) status = show_nodes(cluster);
  if (strcmp(argv[2], "run") == 0 && argc > 4) status = run(cluster, argv[3], argv + 4, 0);
  if (strcmp(argv[2], "kill") == 0 && argc > 4) status = run(cluster, argv[3], shell, atoi(argv[4]));
  nodeinit_close(cluster);
  return status;
}
