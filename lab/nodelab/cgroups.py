"""A part of this machine's cgroups (version 2) for each node, so that nodes do not see each other's jobs.

    MOUNT/nodelab/LAB/nK/machine    the root of node K's cgroups: node-container makes it

Controllers are handed down to it as far as this machine has them here: those that version 1 has are not. Without a
cgroup file system nodes do without.
"""

import contextlib
import errno
import os
import pathlib
import time

from . import names
from .errors import LabError

FOLDER = "nodelab"
CONTROLLERS = ("memory", "pids", "cpu", "cpuset")


def mount():
    """Where this machine's cgroups are; None when it has none."""
    with open("/proc/self/mounts") as table:
        rows = [line.split() for line in table]
    return next((pathlib.Path(row[1]) for row in rows if row[2] == "cgroup2"), None)


def make(lab, node):
    """The directory for that node; None without cgroups."""
    top = mount()
    if not top:
        return None
    place = top
    for name in (FOLDER, lab, names.node_name(node)):
        hand_down(place)
        place /= name
        place.mkdir(exist_ok=True)
    hand_down(place)
    return place


def hand_down(place):
    for controller in CONTROLLERS:
        with contextlib.suppress(OSError):  # it is not there
            (place / "cgroup.subtree_control").write_text(f"+{controller}")


def remove_one(folder):
    """A process that has ended may be in its cgroup for a moment yet."""
    for _ in range(100):
        try:
            return os.rmdir(folder)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        time.sleep(0.02)
    raise LabError(f"there are processes in the cgroup {folder}; try again later")


def remove(lab):
    """When its processes are gone."""
    top = mount()
    if not top:
        return
    for folder, _, _ in os.walk(top / FOLDER / lab, topdown=False):
        remove_one(folder)
    with contextlib.suppress(OSError):  # other labs are in it
        (top / FOLDER).rmdir()
