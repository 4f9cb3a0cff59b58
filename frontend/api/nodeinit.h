/* libnodeinit: a cluster's nodes and processes, for launchers that are written in C or can call it.
 *
 * Everything goes through nodemaster's control socket, with the rights of the user who has opened it. A handle and its
 * jobs are for one thread at a time. Every job has a connection of its own.
 *
 * Errors: functions that return int return -1, those that return a pointer NULL, and errno says what kind of error it
 * was; nodeinit_error() has it in words. EPROTO: nodemaster said no, or something that is not the protocol.
 *
 * docs/man/libnodeinit.3 says how the library is built. */
#ifndef NODEINIT_H
#define NODEINIT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nodeinit nodeinit;
typedef struct nodeinit_job nodeinit_job;

/* As nodectl status shows them. */
enum nodeinit_state {
  NODEINIT_DOWN = 0,
  NODEINIT_BOOT = 1,
  NODEINIT_UP = 2,
  NODEINIT_ERROR = 3,
  NODEINIT_UNAVAILABLE = 4
};

struct nodeinit_node {
  uint32_t number;
  enum nodeinit_state state;
  uint32_t address; /* IPv4, host byte order; 0: not known */
  uint32_t owner;   /* uid, gid and execute bits (0111): who may start processes there */
  uint32_t group;
  uint32_t mode;
  char name[65]; /* ends in a zero byte */
};

/* `socket`: path of the control socket; NULL: $NODECTL_SOCKET, else /run/nodemaster/control.sock. Nothing is connected
 * yet. NULL: no memory. */
nodeinit* nodeinit_open(const char* socket);
/* Jobs are closed first. NULL is ignored. */
void nodeinit_close(nodeinit* cluster);
/* The newest error of this handle or of one of its jobs, in words; "" when there was none. Good until the next call. */
const char* nodeinit_error(const nodeinit* cluster);

/* The nodes of `set` ("0-3,7", "all", "up", "n5"; NULL: all) by number, up to `room` of them into `nodes`. Returns how
 * many there are, which may be more than `room`; -1: an error. Waits for nodemaster's answer. */
int nodeinit_nodes(nodeinit* cluster, const char* set, struct nodeinit_node* nodes, size_t room);

/* Moves a program to `count` nodes and starts it there, one process for each: the process on nodes[i] is rank i when
 * the numbers ascend, as they should.
 *
 * `program` is found as execvp(3) finds it, here; it and its libraries go to the nodes. `arguments` begins with its name
 * and ends with NULL, `environment` ("NAME=VALUE") with NULL; NULL stands for the caller's own. It starts in the caller's
 * working directory, or in / where that is not on the node, with the caller's uid, gid, groups and umask, and without
 * input.
 *
 * Returns as soon as nodemaster has taken the job; how each start went the events tell. NULL: there is no job.
 * ENOENT, EACCES, ENOEXEC: of the program, as a shell would say it. EINVAL: no node, one twice, or no arguments. */
nodeinit_job* nodeinit_vexecmove(nodeinit* cluster, const uint32_t* nodes, size_t count, const char* program,
                                 char* const arguments[], char* const environment[]);

#define NODEINIT_ALL_RANKS UINT32_MAX

enum nodeinit_event_kind {
  NODEINIT_OUTPUT = 1, /* `data` of standard output or standard error */
  NODEINIT_STATE = 2,  /* the process has stopped or goes on: `status` */
  NODEINIT_END = 3,    /* it has ended, `status`; or was never started or is lost: `code` and `reason` */
  NODEINIT_OVER = 4,   /* all ranks have ended; the last event */
  NODEINIT_STARTED = 5 /* the process runs, as `pid` on its node */
};

struct nodeinit_event {
  enum nodeinit_event_kind kind;
  uint32_t rank;
  uint32_t node;      /* number */
  int stream;         /* OUTPUT: 1 or 2 */
  const void* data;   /* OUTPUT */
  size_t size;        /* of data, bytes */
  int status;         /* as waitpid(2) has it: for WIFEXITED() and the like */
  int code;           /* END: 0, or the errno of a start that failed or of a node that is lost (EHOSTDOWN) */
  const char* reason; /* END with a code: in words; else "" */
  int pid;            /* STARTED */
};

uint32_t nodeinit_job_ranks(const nodeinit_job* job);
/* The number of the node of that rank; UINT32_MAX: there is no such rank. */
uint32_t nodeinit_job_node(const nodeinit_job* job, uint32_t rank);
/* For poll(2), POLLIN: then there may be events. Poll only when nodeinit_job_next(..., 0) has just returned 0, also for the
 * first time: the other functions may have read events already, and what has been read does not make it ready. It belongs
 * to the job: do not read from it or close it. -1: the job's connection is over; do not poll, nodeinit_job_next has what is left. Ask
 * each time: a number that was returned before may be another file's then. */
int nodeinit_job_fd(const nodeinit_job* job);
/* The next event, for which it waits at most `timeout_ms` (0: not at all; -1: for ever). 1: there it is, its pointers good
 * until the next call for this job; 0: none in time; -1: the job is lost, or its last event was taken before. Output that
 * is not taken stops the processes that write it. */
int nodeinit_job_next(nodeinit_job* job, struct nodeinit_event* event, int timeout_ms);
/* Sends a signal to the process of `rank`, or to those of all ranks, and to its process group. Does not wait. EINVAL: there
 * is no such rank or signal; ESRCH: the job is over. */
int nodeinit_job_signal(nodeinit_job* job, uint32_t rank, int signal);
/* Takes events until the job is over and drops output. The highest exit status of the ranks as nodectl run would end with
 * it: 128 + N for a death by signal N, 127, 126 or 1 for a failed start. -1: the job is lost. */
int nodeinit_job_wait(nodeinit_job* job);
/* Gives the job up: processes that still run get SIGHUP, then SIGKILL. NULL is ignored. */
void nodeinit_job_close(nodeinit_job* job);

#ifdef __cplusplus
}
#endif

#endif
