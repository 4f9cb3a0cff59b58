"""The sides of tests/bench/setup: nodes that get their files from nodemaster, and nodes that get them from rsync.

Each has `front_end` and `pids`, the processes (as this machine counts) whose children do the work, and `target`, the
directory on a node that the files go to.
"""

import contextlib
import pathlib
import shutil
import signal

import lab
import ssh_nodes

PATIENCE = 600  # seconds, for one command


def plan_of(source, target):
    """The one place that knows how a plan names a tree."""
    return f'[[step]]\nkind = "file"\nsource = "{source}"\npath = "{target}"\n'


class Nodeinit:
    """Nodes of ours, booted with the plan: a first run in itself, which is not counted."""

    text = "nodeinit"
    target = "/bench"

    def __init__(self, name, nodes, plan):
        self._name, self._nodes, self._plan = name, nodes, plan
        self._lab = None

    def start(self):
        self._lab = lab.Lab(self._name, self._nodes, plan=self._plan)
        self._lab.wait_up(seconds=PATIENCE)
        self._up = [str(lab.PROGRAMS / "nodectl"), "--socket", str(self._lab.state / "control.sock"), "up", "all"]
        self.front_end = self._lab.nodemaster()
        self.pids = [self._lab.pid1(node) for node in range(self._nodes)]
        clear(self)

    def transfer(self):
        lab.run(self._up, timeout=PATIENCE)

    def settle(self):
        """When nodectl has ended, nothing of it goes on."""

    def end(self):
        ssh_nodes.take_down(self._name)
        if self._lab:
            self._lab.folder.cleanup()


class Rsync:
    """The peer: all nodes at a time up to the fanout, each with an rsync and an ssh of its own."""

    target = ssh_nodes.TARGET + "/bench"
    directions = ("pulled", "pushed")

    def __init__(self, nodes, direction, source, fanout):
        """`nodes`: SshNodes that are started."""
        self._nodes, self._fanout = nodes, fanout
        self.text = f"rsync {direction}"
        self.front_end, *self.pids = nodes.pids()
        self._command = {
            "pulled": [f"RSYNC_RSH='{nodes.shell}' rsync -a {ssh_nodes.FRONT_END_ADDRESS}:{source}/ {self.target}/"],
            "pushed": ["-R", "exec", f"rsync -a {source}/ %h:{self.target}/"],
        }[direction]

    def transfer(self):
        self._nodes.clush(self._fanout, *self._command, timeout=PATIENCE)

    def settle(self):
        self._nodes.wait_idle()


def place(side, pid):
    return pathlib.Path(f"/proc/{pid}/root{side.target}")


def clear(side):
    for pid in side.pids:
        shutil.rmtree(place(side, pid))


@contextlib.contextmanager
def started(nodes):
    """Nodeinit or SshNodes. Whatever happens, nothing of it is left: a second ^C does not stop that."""
    try:
        nodes.start()
        yield nodes
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        nodes.end()
        signal.signal(signal.SIGINT, before)
