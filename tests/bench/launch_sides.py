"""The sides of tests/bench/launch: ways to start one process on each of a set of nodes, and to wait for its end.

Each is told its nodes once and has `text`, and:
    true()           /bin/true on every node, which all of them have (nodeinit's have it from an earlier start)
    first(program)   a program of 16 MB that no node has
    again(program)   the same program, which they have now
A side that has no way of its own to bring a program to nodes leaves out the last two. prepare() and tidy() stand around every
timed call and are not timed.
"""

import pathlib

import lab
import ssh_nodes

PATIENCE = 300  # seconds, for one command
TRUE = "/bin/true"


class Side:
    def prepare(self):
        """Before what is timed."""

    def tidy(self):
        """After it."""


class Nodeinit(Side):
    """nodectl run, on nodes of ours that are up."""

    text = "nodectl run"

    def __init__(self, name, nodes):
        self._name, self._nodes = name, nodes
        self._lab = None

    def start(self):
        self._lab = lab.Lab(self._name, self._nodes, **self.options())
        self._lab.wait_up(seconds=PATIENCE)
        self._nodectl = [str(lab.PROGRAMS / "nodectl"), "--socket", str(self._lab.state / "control.sock")]
        self.true()

    def options(self):
        """Of nodelab up."""
        return {}

    def run(self, nodes, *command):
        lab.run([*self._nodectl, "run", nodes, "--", *command], timeout=PATIENCE, cwd="/")

    def true(self):
        self.run("all", TRUE)

    def first(self, program):
        self.run("all", str(program))

    again = first

    def end(self):
        ssh_nodes.take_down(self._name)
        if self._lab:
            self._lab.folder.cleanup()


class Pdsh(Side):
    text = "pdsh, ssh"

    def __init__(self, nodes, fanout):
        self._nodes = nodes
        self._environment = {**nodes.environment, "PDSH_SSH_ARGS_APPEND": f"-F {nodes.ssh_config}"}
        self._command = ["pdsh", "-S", "-R", "ssh", "-f", fanout, "-w", ",".join(nodes.addresses)]

    def true(self):
        self._nodes.at_front_end(*self._command, TRUE, timeout=PATIENCE, env=self._environment)


class Mpiexec(Side):
    """MPICH's launcher over ssh: one proxy on each node, which starts the process."""

    text = "mpiexec, ssh"

    def __init__(self, nodes):
        self._nodes = nodes
        shell = nodes.script("mpi-ssh", f'#!/bin/sh\nexec ssh -F {nodes.ssh_config} "$@"\n')
        self._command = ["mpiexec.hydra", "-localhost", "10.9.0.1", "-launcher", "ssh", "-launcher-exec", shell, "-hosts",
                         ",".join(nodes.addresses), "-ppn", 1, "-n", len(nodes.addresses)]

    def true(self):
        self._nodes.at_front_end(*self._command, TRUE, timeout=PATIENCE, cwd="/")


class Srun(Side):
    """srun by itself: it gets the nodes from slurmctld and gives them back."""

    text = "srun"

    def __init__(self, nodes):
        self._nodes = nodes
        self._size = ["-N", len(nodes.addresses), "-n", len(nodes.addresses)]

    def true(self):
        self._nodes.at_front_end("srun", *self._size, TRUE, timeout=PATIENCE, cwd="/")

    def tidy(self):
        # A job may be completing for a moment after its command has ended: the next one would wait for that.
        lab.eventually(self._idle, "all nodes of Slurm are idle")

    def _idle(self):
        done = self._nodes.at_front_end("sinfo", "-h", "-t", "idle", "-o", "%D")
        return done.stdout.strip() == str(len(self._nodes.addresses))


class SrunAllocated(Srun):
    """In an allocation that is there already; sbcast brings programs, without compression."""

    text = "srun in an allocation"

    def prepare(self):
        said = self._nodes.at_front_end("salloc", "--no-shell", *self._size, timeout=PATIENCE).stderr
        self._job = next(word for word in said.split() if word.isdigit())
        self._in_job = {**self._nodes.environment, "SLURM_JOB_ID": self._job}

    def tidy(self):
        self._nodes.at_front_end("scancel", self._job)
        super().tidy()

    def _do(self, *words):
        self._nodes.at_front_end(*words, timeout=PATIENCE, env=self._in_job, cwd="/")

    def true(self):
        self._do("srun", *self._size, TRUE)

    def first(self, program):
        self._do("sbcast", "--force", program, self._there(program))
        self.again(program)

    def again(self, program):
        self._do("srun", *self._size, self._there(program))

    @staticmethod
    def _there(program):
        return f"{ssh_nodes.TARGET}/{pathlib.Path(program).name}"
