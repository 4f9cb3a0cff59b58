"""Limits that the machine's kernel has for all network namespaces together: raised for a large lab, then put back."""

import json
import pathlib

from . import names

SYS = pathlib.Path("/proc/sys/net")
BEFORE = names.STATE / "kernel-limits.json"
# What N nodes need. Every node and the front end hold neighbour entries; and a broadcast of one macvlan fills the
# receive queue of a processor with a copy for every other, before any of them is taken out.
NEEDS = {
    "ipv4/neigh/default/gc_thresh3": lambda nodes: 16 * nodes,
    "ipv4/neigh/default/gc_thresh2": lambda nodes: 8 * nodes,
    "ipv4/neigh/default/gc_thresh1": lambda nodes: 4 * nodes,
    "core/netdev_max_backlog": lambda nodes: 4 * nodes,
}
SMALL = 200  # nodes, for which the kernel's defaults do


def raise_for(nodes):
    """Remembers what was there before the first lab that raised anything. Under the lock of labs."""
    values = {name: int((SYS / name).read_text()) for name in NEEDS}
    low = {name for name, value in values.items() if nodes > SMALL and value < NEEDS[name](nodes)}
    if low and not BEFORE.exists():
        draft = BEFORE.with_suffix(".new")
        draft.write_text(json.dumps(values))
        draft.replace(BEFORE)
    write({name: NEEDS[name](nodes) for name in NEEDS if name in low})


def restore():
    """When the last lab goes that needs them."""
    if BEFORE.exists():
        write(json.loads(BEFORE.read_text()))
        BEFORE.unlink()


def write(limits):
    for name, value in limits.items():
        (SYS / name).write_text(str(value))
