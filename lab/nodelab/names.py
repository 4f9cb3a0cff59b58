"""What things of a lab are called and numbered: the one place that knows.

    network namespaces   nodelab-LAB-fe, nodelab-LAB-n0, nodelab-LAB-n1, ...
    addresses            front end 10.9.0.1/16, node K 10.9.1.0 + K
    MAC addresses        front end 52:54:00:0a:00:01, node K 52:54:00:09:HH:LL (HH:LL = K)
    state                /run/nodelab/LAB/
"""

import ipaddress
import pathlib
import re

from .errors import LabError

TREE = pathlib.Path(__file__).resolve().parents[2]
STATE = pathlib.Path("/run/nodelab")
NETNS = pathlib.Path("/run/netns")

MAX_NODES = 1023
PREFIX = 16
FRONT_END_ADDRESS = "10.9.0.1"
FRONT_END_MAC = "52:54:00:0a:00:01"
FIRST_ADDRESS = ipaddress.IPv4Address("10.9.1.0")
FIRST_MAC = "52:54:00:09:00:00"
FRONT_END_LINK = "lab0"  # in the front end's namespace
NODE_LINK = "eth0"       # in a node's

LAB_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?")


def check_lab_name(name):
    if not LAB_NAME.fullmatch(name):
        raise LabError(f"{name!r} is no name for a lab: at most 24 small letters, digits and hyphens")
    return name


def node_name(node):
    return f"n{node}"


def node_mac(node):
    return f"52:54:00:09:{node >> 8:02x}:{node & 255:02x}"


def node_address(node):
    return str(FIRST_ADDRESS + node)


def namespace(lab, part):
    """`part`: "fe" or a node's name."""
    return f"nodelab-{lab}-{part}"


def namespaces_of(lab):
    """Those that are there, left over by a crash or not: part -> path."""
    pattern = re.compile(re.escape(f"nodelab-{lab}-") + r"(fe|n\d+)")
    found = ((pattern.fullmatch(path.name), path) for path in NETNS.glob(f"nodelab-{lab}-*"))
    return {match[1]: path for match, path in found if match}


def labs():
    """Names of the labs of which anything is there."""
    pattern = re.compile(r"nodelab-(.+)-(fe|n\d+)")
    named = {match[1] for match in map(pattern.fullmatch, (path.name for path in NETNS.glob("nodelab-*"))) if match}
    return sorted(named | {path.name for path in STATE.glob("*") if path.is_dir()})


def parse_nodes(text, count):
    """"0-3,7" -> [0, 1, 2, 3, 7], all of them below `count`."""
    nodes = set()
    for part in text.split(","):
        match = re.fullmatch(r"n?(\d+)(?:-n?(\d+))?", part)
        if not match:
            raise LabError(f"{text!r} is no set of nodes; write it like 0-3,7")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last or last >= count:
            raise LabError(f"{text!r}: this lab has the nodes 0-{count - 1}")
        nodes.update(range(first, last + 1))
    return sorted(nodes)
