#!/usr/bin/python3
"""Ghosts: processes of the front end that stand for those on nodes, seen and controlled by ordinary means."""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import tempfile

import lab

NODES = 4
# Says what it gets, by number; ends when told so by SIGTERM.
LISTENER = """
for n in {signals}; do trap "echo got $n" $n; done
trap 'exit 0' 15
echo $$
while :; do sleep 1000 & wait; kill $! ; done
"""
UNCATCHABLE = {signal.SIGKILL, signal.SIGSTOP}
# 17: the shell's own children; 15 ends it; 32 and 33 belong to the C library; 20, 21, 22: below
LISTENED = sorted(set(range(1, 65)) - UNCATCHABLE - {15, 17, 32, 33})


def command_of(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode()


def children_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state_of(pid):
    try:
        return re.search(r"^State:\t(.)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]
    except OSError:
        return None


class Terminal:
    """What a person sees there and types."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.seen = ""

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def wait_for(self, pattern):
        def there():
            while select.select([self.descriptor], [], [], 0)[0]:
                self.seen += os.read(self.descriptor, 4096).decode(errors="replace")
            return re.search(pattern, self.seen, re.S)
        lab.eventually(there, f"the terminal shows {pattern!r}; it shows {self.seen[-500:]!r}")


class Ghosts(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=NODES)
        cls.cluster.wait_up()
        cls.cluster.ctl("run", "all", "--", "/bin/sleep", "0")  # shells find it on the nodes from now on

    def start(self, nodes, *words, **options):
        """nodectl itself, as a shell would start it, not below nodelab."""
        socket = next(self.cluster.state.rglob("control.sock"))
        run = subprocess.Popen([lab.PROGRAMS / "nodectl", "--socket", socket, "run", nodes, "--", *words],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(self.finish, run)
        return run

    @staticmethod
    def kill_group(leader):
        try:
            os.killpg(leader, signal.SIGKILL)
        except ProcessLookupError:
            pass

    @staticmethod
    def finish(run):
        run.kill()
        run.wait()
        run.stdout.close()
        run.stderr.close()

    def on_node(self, node, pid):
        """This machine's pid of the process that is `pid` on the node."""
        return next((here for here in self.cluster.processes(f"n{node}") if lab.namespace_pids(here)[1:] == [str(pid)]),
                    None)

    def ghosts_of(self, run, count):
        def there():
            ghosts = children_of(run.pid)
            return len(ghosts) == count and all(self.on_node(node, pid) for node, pid in enumerate(ghosts))
        lab.eventually(there, f"{count} ghosts with processes of their pids")
        return children_of(run.pid)

    def becomes(self, node, pid, states, what):
        here = self.on_node(node, pid)
        lab.eventually(lambda: state_of(here) in states, f"{what}: the process is {states}; it is {state_of(here)}")

    def test_ps_and_kill(self):
        run = self.start("all", "/bin/sleep", "1000")
        ghosts = self.ghosts_of(run, NODES)
        listed = subprocess.run(["ps", "-C", "sleep", "-o", "pid=,args="], stdout=subprocess.PIPE, text=True,
                                check=True).stdout
        for node, ghost in enumerate(ghosts):
            self.assertRegex(listed, rf"(?m)^ *{ghost} /bin/sleep 1000 \[n{node}\]$")
        for node, ghost in enumerate(ghosts):
            os.kill(ghost, signal.SIGSTOP)
            self.becomes(node, ghost, "T", "SIGSTOP")
            self.assertEqual(state_of(ghost), "T")
            os.kill(ghost, signal.SIGCONT)
            self.becomes(node, ghost, "S", "SIGCONT")
            lab.eventually(lambda: state_of(ghost) == "S", "the ghost goes on")
        for node, (ghost, number) in enumerate(zip(ghosts, (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, 64))):
            here = self.on_node(node, ghost)
            os.kill(ghost, number)
            lab.eventually(lambda: state_of(here) is None, f"signal {number} ends the process")
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 64)
        said = run.stderr.read()
        for number in (15, 9, 1, 64):
            self.assertIn(f"killed by signal {number} ", said)

    def test_the_shell_knows_itself_by_its_ghosts_number(self):
        run = self.start("2", "/bin/sh", "-c", "echo $$; exec sleep 1000")
        ghost = int(run.stdout.readline())
        self.assertEqual(children_of(run.pid), [ghost])

    def test_a_process_that_stops_itself_is_seen_to(self):
        run = self.start("0", "/bin/sh", "-c", "kill -STOP $$; echo on; exec sleep 1000")
        ghost = self.ghosts_of(run, 1)[0]
        lab.eventually(lambda: state_of(ghost) == "T", "the ghost has stopped, too")
        os.kill(ghost, signal.SIGCONT)
        self.assertEqual(run.stdout.readline(), "on\n")

    def test_every_signal_arrives(self):
        words = ["/bin/sh", "-c", LISTENER.format(signals=" ".join(map(str, LISTENED)))]
        local = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(local.stdout.close)
        self.addCleanup(local.wait)
        self.addCleanup(self.kill_group, local.pid)
        run = self.start("1", *words)
        targets = {"here": (local, int(local.stdout.readline())), "there": (run, int(run.stdout.readline()))}
        for number in LISTENED:
            said = {}
            for where, (process, pid) in targets.items():
                os.kill(pid, number)
                said[where] = process.stdout.readline()
            self.assertEqual(said["there"], said["here"], f"signal {number}")
        for process, pid in targets.values():
            os.kill(pid, signal.SIGTERM)
        self.assertEqual(run.wait(lab.PATIENCE), local.wait(lab.PATIENCE))

    def test_deaths_by_signals(self):
        deadly = [n for n in range(1, 65) if n not in (17, 18, 19, 20, 21, 22, 23, 28, 32, 33)]
        script = "for n in %s; do sh -c \"kill -$n \\$\\$\"; echo $n $?; done"
        local = subprocess.run(["/bin/sh", "-c", script % " ".join(map(str, deadly))], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, check=True).stdout
        for line in local.splitlines():
            number, status = map(int, line.split())
            done = self.start("3", "/bin/sh", "-c", f"kill -{number} $$")
            self.assertEqual(done.wait(lab.PATIENCE), status, f"signal {number}")

    def test_exit_statuses(self):
        for first in range(0, 256, 16):
            runs = {status: self.start("3", "/bin/sh", "-c", f"exit {status}") for status in range(first, first + 16)}
            for status, done in runs.items():
                self.assertEqual(done.wait(lab.PATIENCE), status)

    def test_a_command_that_is_killed_takes_ghosts_and_processes_along(self):
        run = self.start("all", "/bin/sleep", "1000")
        ghosts = self.ghosts_of(run, NODES)
        here = [self.on_node(node, ghost) for node, ghost in enumerate(ghosts)]
        run.kill()
        lab.eventually(lambda: not any(map(state_of, [*ghosts, *here])), "all are gone")

    def test_job_control_of_a_shell(self):
        """^Z, fg and ^C at a terminal."""
        shell, terminal = pty.fork()
        if shell == 0:
            os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.waitpid, shell, 0)
        self.addCleanup(os.kill, shell, signal.SIGKILL)
        said = Terminal(terminal)
        socket = next(self.cluster.state.rglob("control.sock"))
        said.type(f"{lab.PROGRAMS / 'nodectl'} --socket {socket} run 0-1 -- /bin/sh -c 'echo runs; exec sleep 1000'\n")
        said.wait_for(r"runs\r\nruns\r\n")
        run = children_of(shell)[0]
        ghosts = children_of(run)
        said.type("\x1a")
        said.wait_for("Stopped")
        for node, ghost in enumerate(ghosts):
            self.becomes(node, ghost, "T", "^Z")
        said.type("fg\n")
        for node, ghost in enumerate(ghosts):
            self.becomes(node, ghost, "S", "fg")
        said.type("\x03")
        # What is typed before is the program's to read, as it would be of a local one.
        lab.eventually(lambda: state_of(run) is None, "the command has ended")
        said.type("echo status $?\n")
        said.wait_for("status 130")

    def test_a_signal_for_the_whole_group_arrives_once(self):
        run = self.start("0-1", "/bin/sh", "-c", "trap 'echo got' 10; echo ready; while :; do sleep 0.1; done",
                         start_new_session=True)
        self.assertEqual([run.stdout.readline(), run.stdout.readline()], ["ready\n"] * 2)
        os.killpg(run.pid, signal.SIGUSR1)
        self.assertEqual([run.stdout.readline(), run.stdout.readline()], ["got\n"] * 2)
        os.killpg(run.pid, signal.SIGTERM)
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 15)
        self.assertEqual(run.stdout.read(), "")

    def test_what_a_process_starts_has_ghosts_too(self):
        """Also what its parent has left behind."""
        script = "sleep 1001 & { (sleep 1002 &); exec sleep 1003; } & wait"
        run = self.start("1", "/bin/sh", "-c", script)
        rank = self.ghosts_of_descendants(run, 4)[0]
        ghosts = {}
        for ghost in children_of(run.pid):
            if ghost != rank:
                name, node, pid = re.fullmatch(r"(\S+) \[(n1)(?: pid (\d+))?\]", command_of(ghost)).groups()
                self.assertEqual((name, node), ("sleep", "n1"))
                ghosts[int(pid or ghost)] = ghost
        for pid, ghost in ghosts.items():
            here = self.on_node(1, pid)
            self.assertIn("sleep", command_of(here))
            os.kill(ghost, signal.SIGSTOP)
            self.becomes(1, pid, "T", "SIGSTOP")
            os.kill(ghost, signal.SIGCONT)
            self.becomes(1, pid, "S", "SIGCONT")
        pids = list(ghosts)
        gone = {pid: self.on_node(1, pid) for pid in pids}
        os.kill(ghosts[pids[0]], signal.SIGTERM)
        lab.eventually(lambda: state_of(gone[pids[0]]) is None, "SIGTERM ends the process")
        lab.eventually(lambda: ghosts[pids[0]] not in children_of(run.pid), "its ghost ends with it")
        os.kill(ghosts[pids[1]], signal.SIGKILL)
        lab.eventually(lambda: state_of(gone[pids[1]]) is None, "a ghost that is killed takes its process along")
        os.kill(gone[pids[2]], signal.SIGKILL)
        lab.eventually(lambda: run.poll() is not None or children_of(run.pid) == [rank], "the last ghost ends")
        self.assertEqual(run.wait(lab.PATIENCE), 0)

    def test_what_executes_another_program_later_has_a_ghost_then(self):
        run = self.start("1", "/bin/sh", "-c", "{ sleep 1; exec sleep 1004; } & wait")
        ghost = self.ghosts_of_descendants(run, 2)[1]
        os.kill(ghost, signal.SIGTERM)
        self.assertEqual(run.wait(lab.PATIENCE), 0)

    def test_signals_to_what_a_process_starts_wait_for_a_nodemaster(self):
        run = self.start("1", "/bin/sh", "-c", "sleep 1005 & wait")
        ghost = self.ghosts_of_descendants(run, 2)[1]
        self.cluster.nodelab("stop-frontend", "--kill")
        lab.eventually(lambda: "lost nodemaster" in run.stderr.readline(), "the command misses nodemaster")
        os.kill(ghost, signal.SIGTERM)
        self.cluster.nodelab("start-frontend")
        self.assertEqual(run.wait(lab.PATIENCE), 0)
        self.cluster.wait_up()

    def ghosts_of_descendants(self, run, count):
        """In the order in which they were made: the rank's own first."""
        def settled():
            ghosts = children_of(run.pid)
            return len(ghosts) == count and all(command_of(ghost).startswith("sleep") for ghost in ghosts[1:])
        lab.eventually(settled, f"{count} ghosts, of the shell and of what it has started")
        return children_of(run.pid)

    def test_what_the_caller_ignores_is_ignored(self):
        """nohup, and a shell's background jobs."""
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        run = self.start("1", "/bin/sh", "-c", "cat /proc/$$/status; exec sleep 1000", preexec_fn=ignore)
        ignored = next(line for line in run.stdout if line.startswith("SigIgn"))
        self.assertEqual(int(ignored.split()[1], 16) & 1, 1)
        ghost = self.ghosts_of_descendants(run, 1)[0]
        here = self.on_node(1, ghost)
        os.kill(ghost, signal.SIGHUP)
        os.kill(run.pid, signal.SIGHUP)
        os.kill(ghost, signal.SIGSTOP)
        self.becomes(1, ghost, "T", "SIGSTOP, after SIGHUP")
        os.kill(ghost, signal.SIGTERM)
        os.kill(ghost, signal.SIGCONT)
        lab.eventually(lambda: state_of(here) is None, "SIGTERM ends it")
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 15)

    def test_a_closed_input_is_empty(self):
        run = self.start("1", "/bin/cat", preexec_fn=lambda: os.close(0))
        self.assertEqual(run.wait(lab.PATIENCE), 0)

    def test_a_directory_that_is_not_there_is_said_to_be_missing(self):
        with tempfile.TemporaryDirectory() as here:
            run = self.start("0-1", "/bin/sh", "-c", "pwd", cwd=here)
            self.assertEqual(run.wait(lab.PATIENCE), 0)
            self.assertEqual(run.stdout.read(), "/\n/\n")
            self.assertRegex(run.stderr.read(), f"nodes 0-1: starts in /: enter directory {here}: No such file")


if __name__ == "__main__":
    lab.main()
