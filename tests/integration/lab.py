"""A lab for a test: nodelab under a name of its own, taken down at the end whatever happened.

    class RunTest(lab.LabTest):
        def test_hostname(self):
            cluster = self.lab(nodes=2)
            cluster.wait_up()
            self.assertEqual(cluster.ctl("run", "0", "--", "/bin/hostname").stdout, "n0\\n")

The programs are those in $NODELAB_PROGRAMS (ctest sets it), else build/musl/bin.
"""

import contextlib
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
NODELAB = str(TREE / "scripts/nodelab")
PROGRAMS = pathlib.Path(os.environ.get("NODELAB_PROGRAMS", TREE / "build/musl/bin"))
PATIENCE = 60  # seconds for what should take one: this machine may be busy


def run(command, check=True, timeout=PATIENCE, **options):
    """subprocess.run with its output as text, kept; a failure shows what was said. Where every node has the directory, too."""
    options.setdefault("cwd", "/")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout, check=False,
                          **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def eventually(condition, what, patience=PATIENCE):
    """The first true value of `condition`; fails when there is none in time."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {patience} s still not so: {what}")
        time.sleep(0.05)


class Lab:
    def __init__(self, name, nodes, backend="netns", config=None, plan=None, **options):
        """`config` and `plan`: text of cluster.toml and of the plan; the rest: options of nodelab up."""
        self.name = name
        self.nodes = nodes
        self.folder = tempfile.TemporaryDirectory(prefix=f"{name}-")
        words = ["up", "--name", name, "--nodes", str(nodes), "--backend", backend, "--programs", str(PROGRAMS)]
        for option, text in (("--config", config), ("--plan", plan)):
            if text is not None:
                words += [option, self.file(option.strip("-") + ".toml", text)]
        for option, value in options.items():
            words += option_words(option, value)
        run([NODELAB, *words], timeout=120)

    def file(self, name, text, mode=0o644):
        """A file of this lab's own, for as long as the lab is there."""
        path = pathlib.Path(self.folder.name, name)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def nodelab(self, command, *words, **options):
        return run([NODELAB, command, "--name", self.name, *map(str, words)], **options)

    def ctl(self, *words, **options):
        return self.nodelab("ctl", "--", *words, **options)

    def wait(self, nodes="all", state="up", seconds=PATIENCE):
        done = self.ctl("wait", nodes, "--state", state, "--timeout", f"{seconds}s", check=False, timeout=seconds + 30)
        if done.returncode != 0:
            raise AssertionError(f"nodes {nodes} are not {state}\n{done.stdout}{done.stderr}\n{self.story()}")

    def wait_up(self, seconds=PATIENCE):
        self.wait(seconds=seconds)

    def status(self, node=None):
        """What nodectl status --json says: of one node, or the list of all."""
        rows = json.loads(self.ctl("status", "all" if node is None else str(node), "--json").stdout)
        return rows if node is None else rows[0]

    def console(self, node):
        return self.nodelab("console", node).stdout

    def frontend_log(self):
        return self.nodelab("frontend-log").stdout

    def story(self):
        """What a person would look at first when something went wrong."""
        tail = "\n".join(self.frontend_log().splitlines()[-20:])
        console = "\n".join(self.console(0).splitlines()[-30:]) if pathlib.Path(self.state, "console/n0").exists() else ""
        return f"--- front end:\n{tail}\n--- console of n0:\n{console}"

    def says(self, node, text, patience=PATIENCE):
        """Waits until the node's console has said `text`."""
        eventually(lambda: text in self.console(node), f"console of n{node} says {text!r}; it said:\n{self.console(node)}"
                   if patience == 0 else f"console of n{node} says {text!r}", patience)

    @property
    def state(self):
        return pathlib.Path("/run/nodelab", self.name)

    def namespace(self, part):
        return pathlib.Path("/run/netns", f"nodelab-{self.name}-{part}")

    def in_frontend(self, *command):
        return ["nsenter", f"--net={self.namespace('fe')}", "--", *map(str, command)]

    def processes(self, part):
        """Pids (as this machine counts) of all processes in the network namespace of "fe" or a node."""
        wanted = os.stat(self.namespace(part)).st_ino
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and network_of(entry) == wanted]

    def nodemaster(self):
        """Its pid, as this machine counts."""
        return next(pid for pid in self.processes("fe")
                    if pathlib.Path(f"/proc/{pid}/comm").read_text() == "nodemaster\n")

    def counted(self):
        """Refused connections and requests, by reason, as nodectl metrics has them."""
        rows = json.loads(self.ctl("metrics", "--json").stdout)
        return {row["labels"]["reason"]: row["value"] for row in rows if "reason" in row.get("labels", {})}

    @contextlib.contextmanager
    def counts(self, *reasons):
        """What happens inside makes each of these counters grow by one, and no other one."""
        expected = self.counted()
        yield
        for reason in reasons:
            expected[reason] += 1
        eventually(lambda: all(self.counted()[reason] >= expected[reason] for reason in reasons),
                   f"{reasons} have been counted", 10)
        if self.counted() != expected:
            raise AssertionError(f"counters are {self.counted()}, not {expected}")

    def pid1(self, node):
        """PID 1 of a node, as this machine counts."""
        for pid in self.processes(f"n{node}"):
            if namespace_pids(pid)[1:] == ["1"]:
                return pid
        raise AssertionError(f"n{node} has no PID 1")


def option_words(option, value):
    name = "--" + option.replace("_", "-")
    if value is True:
        return [name]
    return [word for item in (value if isinstance(value, list) else [value]) for word in (name, str(item))]


def network_of(pid):
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except OSError:
        return None


def namespace_pids(pid):
    """The process's pid in each pid namespace that it is in, this machine's first."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return []
    return next(line.split()[1:] for line in text.splitlines() if line.startswith("NSpid:"))


class LabTest(unittest.TestCase):
    """Gives tests labs that are gone when they end."""

    maxDiff = None

    _made = itertools.count()

    def lab(self, nodes=1, **options):
        """A lab for this test."""
        return self._make(self.addCleanup, nodes, **options)

    @classmethod
    def class_lab(cls, nodes=1, **options):
        """A lab for all tests of the class."""
        return cls._make(cls.addClassCleanup, nodes, **options)

    @classmethod
    def _make(cls, at_the_end, nodes, **options):
        name = f"t{os.getpid()}-{next(cls._made)}"
        # First, so that a lab that came up only half goes as well.
        at_the_end(run, [NODELAB, "down", "--name", name], check=False)
        made = Lab(name, nodes, **options)
        at_the_end(made.folder.cleanup)
        return made


def main():
    """unittest.main for a test that ctest runs: being stopped takes the labs down, and a skip is a failure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    program = unittest.main(exit=False, verbosity=2)
    sys.exit(not program.result.wasSuccessful() or bool(program.result.skipped))
