"""What nodelab remembers of a lab between two commands: one JSON file in /run/nodelab/LAB.

It is written before anything that it speaks of is made, so that `down` finds all of it after a crash.
"""

import contextlib
import fcntl
import json
import os
import shutil

from . import names
from .errors import LabError


@contextlib.contextmanager
def lock():
    """One nodelab at a time changes labs. The lock goes with the process, however it ends.

    Helpers (network.run, nodeimage) inherit it: when nodelab is killed, the next one waits until they have ended, too.
    """
    names.STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle = os.open(names.STATE, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class State:
    """Plain values under names: backend, nodes, programs, node_arguments, memory (of a virtual machine, in MiB), processes."""

    def __init__(self, lab, values):
        self.lab = lab
        self.values = values

    @classmethod
    def create(cls, lab, **values):
        directory = names.STATE / lab
        (directory / "console").mkdir(parents=True)
        state = cls(lab, {**values, "processes": {}})
        state.save()
        return state

    @classmethod
    def load(cls, lab):
        try:
            return cls(lab, json.loads((names.STATE / lab / "lab.json").read_text()))
        except FileNotFoundError as error:
            running = ", ".join(names.labs()) or "none"
            raise LabError(f"there is no lab {lab!r} (labs: {running}); make one with: nodelab up --name {lab}") from error

    def __getitem__(self, key):
        return self.values[key]

    def __setitem__(self, key, value):
        self.values[key] = value

    def save(self):
        target = self.path("lab.json")
        draft = self.path("lab.json.new")
        draft.write_text(json.dumps(self.values, indent=1))
        draft.replace(target)

    def path(self, name):
        return names.STATE / self.lab / name

    def console(self, node):
        return self.path("console") / names.node_name(node)

    def parse_nodes(self, text):
        return names.parse_nodes(text, self["nodes"])


def forget(lab):
    shutil.rmtree(names.STATE / lab, ignore_errors=True)
    with contextlib.suppress(OSError):  # other labs are in it
        names.STATE.rmdir()
