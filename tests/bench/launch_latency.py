"""How long one launch takes, alone and beside a large copy to the same nodes: for tests/bench/launch."""

import pathlib
import re
import statistics
import subprocess
import time

import lab
import launch_sides
import ssh_nodes
from setup_sides import started

IDLE_LAUNCHES = 200
UNDER_WAY = 16 << 20  # bytes that have left the front end when a copy counts as under way


class CopyNodes(launch_sides.Nodeinit):
    def begin_copy(self, file):
        copied = self._sent() + UNDER_WAY
        copy = subprocess.Popen([*self._nodectl, "cp", file, f"all:/{file.name}"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, cwd="/")
        try:
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
        if copy.returncode != 0:
            raise AssertionError(f"the copy has ended with status {copy.returncode}")
        return taken[:-1]
    finally:
        copy.kill()
        copy.wait()


def measure(name, folder, options):
    """Seconds of every launch, "idle" and "copy"; and how long the copy took."""
    file = large_file(pathlib.Path(folder, "large"), options.copy_mib)
    with started(CopyNodes(name, options.copy_nodes)) as nodes:
        launch(nodes)
        idle = [launch(nodes) for _ in range(IDLE_LAUNCHES)]
        copy, began = nodes.begin_copy(file), time.monotonic()
        beside = launches_beside(nodes, copy)
        return {"idle": idle, "copy": beside, "copy_seconds": time.monotonic() - began}


def large_file(path, mib):
    """No block of it is like another."""
    with path.open("wb") as file:
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
