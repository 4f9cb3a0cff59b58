#include "frontend/nodectl/help.h"

#include <array>
#include <stdexcept>
#include <string_view>

namespace frontend {
namespace {

constexpr std::array verbs = {
    VerbHelp{"status", "Show the nodes: state, address, since when, boot time, reason", "status [--json] [NODES]",
             R"(BOOT is the time from nodeinit's first instruction to up, REQUESTS how many requests for an
address the node needed. Exit status: 0, whatever the states are.

Examples:
  nodectl status                        all nodes
  nodectl status down,error             those that are not well
  nodectl status --json 0-15)"},
    VerbHelp{"wait", "Wait until nodes are in a state", "wait [--state STATE] [--timeout TIME] [--json] NODES",
             R"(Exit status: 0 all are in the state; 1 not within the time: says which are not, and why. Waiting
for up ends as soon as a node is in error: it stays so until somebody mends it (nodectl up).

Examples:
  nodectl wait all --timeout 60s        until all are up
  nodectl wait n3 --state down          until n3 is gone)"},
    VerbHelp{"boot-log", "Show what nodes did since their first instruction", "boot-log [--json] NODES",
             R"(Phases and steps with their start, duration and outcome: done, failed, ignored (failed, and may),
skipped, running.

Examples:
  nodectl boot-log n3
  nodectl boot-log --json all)"},
    VerbHelp{"log", "Show the nodes' log lines", "log [-f] [--json] NODES",
             R"(Lines that the front end holds, oldest first; with --json one object per line.

Examples:
  nodectl log n3
  nodectl log -f up                     and go on with new lines as they come)"},
    VerbHelp{
        "up", "Run the node-up plan again", "up [-f] [--json] NODES",
        R"(The files of the plan are read anew. Exit status: 0 all are up; 1 at least one is not: says which, and why.
With -f it shows what happens meanwhile: on a terminal a summary that is drawn anew, with the nodes that
are slowest; otherwise a line for each change; with --json one object per line.

Examples:
  nodectl up error                      once the reason is mended
  nodectl up -f all)"},
    VerbHelp{"plan", "Check and show the node-up plan", "plan check|show|dry-run ...",
             R"(Examples:
  nodectl plan check                    before kill -HUP of nodemaster
  nodectl plan show                     the plan that is in force
  nodectl plan dry-run n3               what nodectl up n3 would do)"},
    VerbHelp{"plan check", "Check the plan's files as they are now", "plan check [--json]",
             R"(Reads cluster.toml and the plan as nodemaster would at a reload, and all files that the plan names.
Exit status: 0 all is well, though there may be warnings; 1 something is wrong: says what, by line.)"},
    VerbHelp{"plan show", "Show the plan that is in force", "plan show [--json]",
             R"(Its steps in the order in which they are carried out, then the hooks.)"},
    VerbHelp{"plan dry-run", "Show what the plan would do on nodes", "plan dry-run [--json] NODES",
             R"(Nothing is done. Files are read and names are looked up as for a real set-up; nodes with the same result
are shown together, and may be down. Exit status: 1 when a step could not be carried out.

Examples:
  nodectl plan dry-run 0-3,7
  nodectl plan dry-run --json all)"},
    VerbHelp{"reboot", "Restart nodes in order", "reboot [--json] NODES",
             R"(Returns when the nodes have been told. Exit status: 1 when one cannot be reached.

Examples:
  nodectl reboot n3 && nodectl wait n3 --timeout 2m)"},
    VerbHelp{"poweroff", "Power nodes off in order", "poweroff [--json] NODES",
             R"(Returns when the nodes have been told. Exit status: 1 when one cannot be reached.

Examples:
  nodectl poweroff all)"},
    VerbHelp{"chown", "Give nodes to a user", "chown [--json] USER NODES",
             R"(USER is a name of this machine or a number. Only root may.

Examples:
  nodectl chown alice 0-3               alice may start processes there, if the mode lets the owner
  nodectl chown root 0-3)"},
    VerbHelp{"chgrp", "Give nodes to a group", "chgrp [--json] GROUP NODES",
             R"(GROUP is a name of this machine or a number. Only root may.

Examples:
  nodectl chgrp physics 0-15)"},
    VerbHelp{
        "chmod", "Say who may start processes on nodes", "chmod [--json] MODE NODES",
        R"(MODE is octal, like a file's; only its execute bits count: 0100 the owner, 0010 the group, 0001 others. Root may
always start processes. The mode is for root, admins and the node's owner to change. It holds until it is changed
again, also when nodemaster is restarted.

Examples:
  nodectl chmod 111 all                 everybody
  nodectl chmod 100 0-3                 the owner alone)"},
    VerbHelp{
        "set", "Set nodes unavailable or available", "set [--json] NODES unavailable|available",
        R"(A node that is unavailable takes no new processes, but root's. What runs there goes on, and its plan is carried
out as ever. It stays so, also when it or nodemaster is restarted, until it is set available.

Examples:
  nodectl set 3 unavailable             before its memory is changed
  nodectl set unavailable available     all of them)"},
    VerbHelp{
        "services", "Show the services that nodes keep running", "services [--json] [NODES]",
        R"(One line per service of the node-up plan. STATE is starting, running, pausing (it has failed, and is started
again after a pause that grows with every failure) or ended; RESTARTS counts since the plan's step.
Nodes that are not connected are left out: what their services do is not known. Exit status: 0.

Examples:
  nodectl services                      all nodes
  nodectl services --json 0-15)"},
    VerbHelp{"ps", "Show the processes on nodes", "ps [--json] [NODES]",
             R"(All that jobs have started there and that still runs, whatever it has done to get away, and the programs of
services and steps (no JOB). STATE is the letter of ps(1), CPU-TIME user and system time together, MEMORY what
is resident. By default of all nodes that are up. Exit status: 1 when a node did not answer.

Examples:
  nodectl ps                            the whole cluster
  nodectl ps --json 0-3)"},
    VerbHelp{"kill", "Signal processes on nodes, or all of a job",
             "kill [-SIGNAL] [NODES:]PID... | kill [-SIGNAL] --job J [NODES]",
             R"(A bare PID is that of a process that nodectl run has started (its ghost has the same); any other process of
a job is named with its node. With --job the signal goes to all that the job has ever started and that still
runs, whatever it has done to get away; also when the job itself is over. nodectl ps shows both numbers.

Root and admins signal any process of a job, others their own. Exit status: 1 when one was not there.

Examples:
  nodectl kill 4711
  nodectl kill -STOP n3:4711 n4:812
  nodectl kill -9 --job 7)"},
    VerbHelp{"metrics", "Show what nodemaster counts", "metrics [--json]",
             R"(In the text format of Prometheus: nodes by state, connections, jobs, and what was refused, by reason.

Examples:
  nodectl metrics
  nodectl metrics > /var/lib/node_exporter/nodemaster.prom)"},
    VerbHelp{
        "run", "Run a program of this machine on nodes",
        "run [-l] [-n|--input WHO] [-t] [--summary] [--output DIR] [--cwd DIR] [--env NAME=VALUE]... [LIMITS] NODES [--] "
        "PROGRAM [ARGUMENT]...",
        R"(PROGRAM is found as your shell would find it here, and moved to the nodes with the libraries that it
needs. It gets your environment, umask, user and group. Signals that nodectl gets (^C) go to the
processes; a second ^C gives up. What nodectl reads on its standard input all processes get, each of it all;
in scripts that have input of their own use -n. With -t the program has a terminal, and yours shows it.

LIMITS (--memory, --pids, --cpus, --cpu-percent) hold on each node for all that the job starts there together;
what hits them is said. Your own resource limits (ulimit) go along.

Exit status: the highest of the ranks', 128+signal for a death by signal; 127 no such program, 126 not
a program for that node or not permitted; 1 a node failed.

Examples:
  nodectl run -l all -- /bin/uname -r   lines labelled with the node
  nodectl run 0-3,7 -- ./solver -n 100
  nodectl run --memory 2G --cpus 0-3 up -- ./solver
  nodectl run --env OMP_NUM_THREADS=4 --cwd /tmp up -- ./solver
  nodectl run --output results all -- ./solver < parameters
  nodectl run -t n5 -- /bin/bash        a shell on n5)"},
    VerbHelp{"rsh", "Run a command on a node, asked for as with ssh", "rsh [SSH-OPTION]... [USER@]HOST COMMAND...",
             R"(For programs that start others by ssh, mpiexec among them: they call nodersh, a link to nodectl. HOST is
a node's name, number or address. The words of COMMAND are joined as ssh joins them; a program with its
arguments moves from here to the node, anything else moves /bin/sh, which runs what the node has.
Options of ssh that have no meaning for nodes are passed over; -l with another user is refused.

Exit status: the command's, as of run; 255 when there is no such node, or the line is not understood.

Examples:
  nodectl rsh n3 /bin/uname -r
  mpiexec -launcher ssh -launcher-exec /usr/local/bin/nodersh -hosts n0,n1 -ppn 2 ./hello)"},
    VerbHelp{
        "cp", "Copy files to nodes, or from them", "cp [-r] [-p] SOURCE... NODES:PATH | NODES:SOURCE... PATH",
        R"(Files are written and read on the nodes with your rights, and belong to you. A file takes the place of the one
that is there in one step; links are copied as links, devices left out. From several nodes, what comes of each
is put into PATH/NODE. On a terminal, progress is shown. Relative paths begin at your directory, there as here.

Exit status: 0; 1 when something was not copied: says what, and goes on with the rest.

Examples:
  nodectl cp -r input 0-15:/tmp         /tmp/input on each of them
  nodectl cp -p up:/var/log/job.log logs  logs/n0/job.log, logs/n1/job.log, ...)"},
};

}  // namespace

const VerbHelp& help_of(const char* verb) {
  for (const VerbHelp& help : verbs) {
    if (std::string_view(help.name) == verb) return help;
  }
  throw std::logic_error("a verb without help");
}

}  // namespace frontend
