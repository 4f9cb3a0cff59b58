"""How long one launch takes, alone and beside a large copy to the same nodes: for tests/bench/launch."""

import pathlib
import re
import shutil
import statistics
import subprocess
import time

import lab
import launch_sides
import ssh_nodes
from setup_sides import started

IDLE_LAUNCHES = 200
USAGE = 2  # what nodectl without arguments ends with
UNDER_WAY = 16 << 20  # bytes that have left the front end when a copy counts as under way


class CopyNodes(launch_sides.Nodeinit):
    """What is copied is a program: a set-up would keep the nodes from starting others meanwhile."""

    def begin_copy(self, program):
        copied = self._sent() + UNDER_WAY
        copy = subprocess.Popen([*self._nodectl, "run", "all", "--", program], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, cwd="/")
        try:
            # First nodectl reads all of it.
            lab.eventually(lambda: self._sent() > copied, "the copy is under way")
        except AssertionError:
            copy.kill()
            copy.wait()
            raise
        return copy

    def _sent(self):
        """Bytes, by the front end's network interface."""
        rows = pathlib.Path(f"/proc/{self._lab.nodemaster()}/net/dev").read_text()
        return int(re.search(rf"^ *{ssh_nodes.FRONT_END_LINK}:(.*)", rows, re.MULTILINE)[1].split()[8])


def launch(nodes):
    began = time.monotonic()
    nodes.run("0", launch_sides.TRUE)
    return time.monotonic() - began


def launches_beside(nodes, copy):
    """As many as fit into the copy: the last one, which may have outlived it, is not counted."""
    taken = []
    try:
        while copy.poll() is None:
            taken.append(launch(nodes))
        if copy.returncode != USAGE:
            raise AssertionError(f"the copy has ended with status {copy.returncode}")
        return taken[:-1]
    finally:
        copy.kill()
        copy.wait()


def measure(name, folder, options):
    """Seconds of every launch, "idle" and "copy"; and how long the copy took."""
    program = large_program(pathlib.Path(folder, "large"), options.copy_mib)
    with started(CopyNodes(name, options.copy_nodes)) as nodes:
        launch(nodes)
        idle = [launch(nodes) for _ in range(IDLE_LAUNCHES)]
        copy, began = nodes.begin_copy(program), time.monotonic()
        beside = launches_beside(nodes, copy)
        return {"idle": idle, "copy": beside, "copy_seconds": time.monotonic() - began}


def large_program(path, mib):
    """nodectl itself, which is static and ends at once without arguments, and behind it no block like another."""
    shutil.copy(lab.PROGRAMS / "nodectl", path)
    with path.open("ab") as file:
        for number in range(mib):
            file.write(number.to_bytes(8, "little") * (1 << 17))
    return path


def table(latency, options):
    yield f"One launch of /bin/true on one node; the copy of {options.copy_mib} MiB to {options.copy_nodes} took {latency['copy_seconds']:.1f} s."
    yield ""
    yield "| | launches | median ms | 90 % | 99 % | slowest | median: this / idle |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, text in (("idle", "nothing else"), ("copy", "beside the copy")):
        taken = sorted(latency[name])
        if not taken:
            yield f"| {text} | 0 | | | | | |"
            continue
        at = [1000 * taken[min(int(len(taken) * part), len(taken) - 1)] for part in (0.5, 0.9, 0.99, 1)]
        ratio = statistics.median(taken) / statistics.median(latency["idle"])
        yield f"| {text} | {len(taken)} | " + " | ".join(f"{figure:.2f}" for figure in at) + f" | {ratio:.2f} |"
