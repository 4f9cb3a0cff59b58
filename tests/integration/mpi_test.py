#!/usr/bin/python3
"""An unmodified launcher of parallel programs: MPICH's mpiexec takes nodersh for ssh."""

import collections
import os
import pathlib
import re
import subprocess
import tempfile

import lab

NODES = 4
RANKS = 2  # on each
SOURCE = pathlib.Path(__file__).with_name("mpi_hello.c")

# mpiexec's proxy moves with nodersh; what the proxy starts has to be on the nodes, as it would with ssh.
PLAN = """
[[step]]
kind = "hostname"
[[step]]
kind = "file"
source = "{hello}"
path = "/usr/bin/mpi_hello"
[[step]]
kind = "libraries"
programs = ["{hello}"]
"""


class Mpi(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mpi-")
        cls.addClassCleanup(folder.cleanup)
        hello = pathlib.Path(folder.name, "mpi_hello")
        lab.run(["gcc-12", "-O1", "-o", hello, SOURCE, "-l:libmpich.so.12"])
        cls.cluster = cls.class_lab(nodes=NODES, plan=PLAN.format(hello=hello))
        cls.cluster.wait_up()

    def rsh(self, *words):
        return lab.run(self.cluster.in_frontend(lab.PROGRAMS / "nodersh", *words), check=False, env=self.environment(), cwd="/")

    def environment(self):
        return {**os.environ, "NODECTL_SOCKET": str(self.cluster.state / "control.sock")}

    def mpiexec(self, hosts, *arguments):
        # Hosts reach the front end by its address: the lab has no name service.
        command = self.cluster.in_frontend("mpiexec.hydra", "-localhost", "10.9.0.1", "-launcher", "ssh", "-launcher-exec",
                                           lab.PROGRAMS / "nodersh", "-hosts", ",".join(hosts), "-ppn", RANKS, "-n",
                                           len(hosts) * RANKS, "/usr/bin/mpi_hello", *arguments)
        return lab.run(command, check=False, env=self.environment(), cwd="/", stdin=subprocess.DEVNULL)

    def nothing_runs(self):
        def idle():
            running = [pid for node in range(NODES) for pid in self.cluster.processes(f"n{node}")]
            return all(lab.namespace_pids(pid)[1:] in ([], ["1"]) for pid in running)
        lab.eventually(idle, "nothing but PID 1 runs on the nodes")

    def check_hello(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        said = re.findall(r"(?m)^rank (\d) of (\d) on (\w+)$", done.stdout)
        self.assertEqual(sorted(int(rank) for rank, _, _ in said), list(range(NODES * RANKS)))
        self.assertEqual({size for _, size, _ in said}, {str(NODES * RANKS)})
        self.assertEqual(collections.Counter(node for _, _, node in said), {f"n{node}": RANKS for node in range(NODES)})

    def test_ranks_on_nodes_by_name_and_by_address(self):
        self.check_hello(self.mpiexec([f"n{node}" for node in range(NODES)]))
        self.check_hello(self.mpiexec([f"10.9.1.{node}" for node in range(NODES)]))
        self.nothing_runs()

    def test_a_rank_that_aborts_ends_all(self):
        done = self.mpiexec([f"n{node}" for node in range(NODES)], "3")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.nothing_runs()

    def test_what_a_shell_has_to_do_is_done_on_the_node(self):
        done = self.rsh("-x", "n2", "echo", "$NODEINIT_RANK", "on", "'$HOME'", ";", "exit", "7")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("0 on $HOME\n", "", 7))
        done = self.rsh("10.9.1.3", "/bin/hostname")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("n3\n", "", 0))

    def test_what_is_no_node(self):
        done = self.rsh("10.9.1.9", "true")
        self.assertEqual((done.stderr, done.returncode), ("nodectl: rsh: 10.9.1.9 is no node\n", 255))
        self.assertEqual(self.rsh("n9", "true").returncode, 255)


if __name__ == "__main__":
    lab.main()
