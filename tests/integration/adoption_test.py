#!/usr/bin/python3
"""Processes outlive the front end and the network: it finds them again, and nothing is lost or told twice."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

import lab

NODES = 4
RUNS = 16
QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "3s"\n'
# Ends with a status of its own when it is told to; says so, and that it runs.
WAITER = 'trap "echo ends; exit $((NODEINIT_RANK * {runs} + {run} + 1))" 15; echo runs; while :; do sleep 1000 & wait; done'


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


class Command:
    """nodectl run, and what it says."""

    def __init__(self, test, cluster, nodes, *words, stdin=subprocess.DEVNULL, options=()):
        socket = next(cluster.state.rglob("control.sock"))
        self.process = subprocess.Popen([lab.PROGRAMS / "nodectl", "--socket", socket, "run", *options, nodes, "--", *words],
                                        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said, self.complained = bytearray(), bytearray()
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.said), (self.process.stderr, self.complained))]
        test.addCleanup(self.finish)

    @staticmethod
    def read(stream, into):
        while piece := stream.read1(65536):
            into += piece

    def listen(self):
        for reader in self.readers:
            reader.start()
        return self

    def status(self):
        status = self.process.wait(lab.PATIENCE)
        for reader in self.readers:
            reader.join(lab.PATIENCE)
        return status

    def errors(self):
        return self.complained.decode()

    def finish(self):
        self.process.kill()
        self.process.wait()
        for reader in self.readers:
            if reader.ident:
                reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


class Adoption(lab.LabTest):
    def cluster_of(self, nodes, config=""):
        cluster = self.lab(nodes=nodes, config=QUICK + config)
        cluster.wait_up()
        cluster.ctl("run", "all", "--", "/bin/sleep", "0")  # shells find it on the nodes from now on
        return cluster

    def on_nodes(self, cluster, nodes, marker):
        """Processes on nodes whose command line has the marker, as this machine counts."""
        return [pid for node in range(nodes) for pid in cluster.processes(f"n{node}") if marker in command_line(pid)]

    def test_a_killed_nodemaster_costs_no_process_and_no_status(self):
        cluster = self.cluster_of(NODES)
        runs = [Command(self, cluster, "all", "/bin/sh", "-c", WAITER.format(runs=RUNS, run=run), f"run-{run}-").listen()
                for run in range(RUNS)]
        lab.eventually(lambda: all(run.said.count(b"runs\n") == NODES for run in runs), "64 processes run")
        before = sorted(self.on_nodes(cluster, NODES, "run-"))
        self.assertEqual(len(before), NODES * RUNS)

        cluster.nodelab("stop-frontend", "--kill")
        for run in range(0, RUNS, 2):  # end while nobody hears of it
            for pid in self.on_nodes(cluster, NODES, f"run-{run}-"):
                os.kill(pid, signal.SIGTERM)
        lab.eventually(lambda: len(self.on_nodes(cluster, NODES, "run-")) == NODES * RUNS // 2, "half of them have ended")
        cluster.nodelab("start-frontend")
        cluster.wait_up()
        for run in range(0, RUNS, 2):
            self.check_ends(runs[run], run)
        self.assertEqual(sorted(self.on_nodes(cluster, NODES, "run-")),
                         [pid for pid in before if any(f"run-{run}-" in command_line(pid) for run in range(1, RUNS, 2))])
        for run in range(1, RUNS, 2):  # signals arrive as before
            runs[run].process.send_signal(signal.SIGTERM)
            self.check_ends(runs[run], run)
        self.assertEqual(cluster.ctl("run", "-l", "0", "--", "/bin/echo", "after").stdout, "n0: after\n")

    def check_ends(self, command, run):
        statuses = [rank * RUNS + run + 1 for rank in range(NODES)]
        self.assertEqual(command.status(), max(statuses), command.errors())
        told = re.findall(r"node (\d+): exit status (\d+)", command.errors())
        self.assertEqual(sorted(told), [(str(rank), str(status)) for rank, status in enumerate(statuses)])
        self.assertEqual(command.said.count(b"ends\n"), NODES)
        self.assertIn("lost nodemaster", command.errors())

    def test_no_byte_of_output_is_lost_or_told_twice(self):
        cluster = self.cluster_of(2)
        wanted = "".join(f"{number}\n" for number in range(1, 400_001)).encode()
        runs = [Command(self, cluster, str(node), "/usr/bin/seq", "400000") for node in range(2)]
        for run in runs:  # the rest waits for its reader, on the node, on the way and at its end
            run.said += run.process.stdout.read(1000)
        cluster.nodelab("stop-frontend", "--kill")
        cluster.nodelab("start-frontend")
        cluster.wait_up()
        for run in runs:
            run.listen()
            self.assertEqual(run.status(), 0, run.errors())
            self.assertEqual(bytes(run.said), wanted)

    def test_input_goes_on_where_it_was(self):
        cluster = self.cluster_of(2)
        wanted = b"".join(b"%d\n" % number for number in range(400_000))
        folder = self.enterContext(tempfile.TemporaryDirectory())
        run = Command(self, cluster, "all", "/bin/cat", stdin=subprocess.PIPE, options=["--output", folder]).listen()
        run.process.stdin.write(wanted[:1_000_000])
        run.process.stdin.flush()
        lab.eventually(lambda: pathlib.Path(folder, "n1.out").exists() and pathlib.Path(folder, "n1.out").stat().st_size,
                       "some has come back")
        cluster.nodelab("stop-frontend", "--kill")

        def write_rest():
            run.process.stdin.write(wanted[1_000_000:])
            run.process.stdin.close()
        writer = threading.Thread(target=write_rest)
        writer.start()
        cluster.nodelab("start-frontend")
        self.assertEqual(run.status(), 0, run.errors())
        writer.join(lab.PATIENCE)
        for node in range(2):
            self.assertEqual(pathlib.Path(folder, f"n{node}.out").read_bytes(), wanted)

    def test_a_cut_cable_costs_nothing_when_it_is_mended_in_time(self):
        cluster = self.cluster_of(1, '[jobs]\nnode_grace = "60s"\n')
        run = Command(self, cluster, "0", "/bin/sh", "-c",
                      "trap 'exit 7' 15; i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo $i; done; "
                      "while :; do echo on; sleep 0.2; done").listen()
        lab.eventually(lambda: b"\non\n" in run.said, "it says something")
        cluster.nodelab("cut-link", 0)
        cluster.wait("0", "down")
        lab.eventually(lambda: "no contact with node 0" in run.errors(), "that is said")
        run.process.send_signal(signal.SIGTERM)  # waits for the node
        cluster.nodelab("restore-link", 0)
        self.assertEqual(run.status(), 7, run.errors())
        lines = run.said.decode().splitlines()
        self.assertEqual(lines[:1000], [str(number) for number in range(1, 1001)])
        self.assertEqual(set(lines[1000:]), {"on"})

    def test_a_node_that_has_died_meanwhile_is_said_to_be_lost(self):
        cluster = self.cluster_of(2)
        run = Command(self, cluster, "all", "/bin/sh", "-c", "trap 'exit 3' 15; echo runs; sleep 1000 & wait").listen()
        lab.eventually(lambda: run.said.count(b"runs\n") == 2, "both run")
        cluster.nodelab("stop-frontend", "--kill")
        cluster.nodelab("power-cut", 1)
        cluster.nodelab("power-on", 1)
        cluster.nodelab("start-frontend")
        cluster.wait_up()
        lab.eventually(lambda: "node 1: " in run.errors() or run.process.poll() is not None or
                       run.process.send_signal(signal.SIGTERM), "the lost rank is told")
        self.assertNotEqual(run.status(), 0)
        self.assertRegex(run.errors(), "node 1: (the node does not have this|.*it is back without the) process")
        self.assertIn("exit status 3", run.errors())

    def test_processes_of_a_front_end_that_stays_away_are_killed_if_it_wants_that(self):
        cluster = self.cluster_of(1, '[jobs]\naway = "kill"\naway_grace = "2s"\n')
        run = Command(self, cluster, "0", "/bin/sh", "-c", "echo runs; exec sleep 987654").listen()
        lab.eventually(lambda: self.on_nodes(cluster, 1, "987654"), "it runs")
        cluster.nodelab("stop-frontend", "--kill")
        lab.eventually(lambda: not self.on_nodes(cluster, 1, "987654"), "it is killed")
        self.assertIn("the front end has been away for 2 s", cluster.console(0))
        cluster.nodelab("start-frontend")
        self.assertEqual(run.status(), 128 + 9, run.errors())


if __name__ == "__main__":
    lab.main()
