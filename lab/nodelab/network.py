"""A lab's network, all of it in network namespaces: nothing reaches the machine's own.

Small labs: a bridge in the front end's namespace, with a veth pair (or QEMU's tap) for every node.
Large labs: macvlans in bridge mode on a veth pair. A bridge floods every broadcast to every port, which a thousand
nodes that all ask for their address at once turn into a million packets; a macvlan parent looks addresses up in a table.
"""

import contextlib
import pathlib
import subprocess

from . import names
from .errors import LabError

BRIDGE_LIMIT = 32  # nodes
PARENT = "up0"     # the macvlans' end of the veth pair


class Network:
    def __init__(self, lab, nodes, taps):
        self._lab = lab
        self._nodes = range(nodes)
        self._taps = taps
        self._large = nodes > BRIDGE_LIMIT and not taps

    def create(self):
        parts = ["fe"] if self._taps else ["fe", *map(names.node_name, self._nodes)]
        batch([f"netns add {self._space(part)}" for part in parts])
        # Before there is a link: IPv6 would probe for its own addresses on each of them.
        run(self._inside("fe", ["tee", "/proc/sys/net/ipv6/conf/all/disable_ipv6"]), "1\n")
        batch(self._large_links() if self._large else self._small_links(), self._inside("fe"))

    def cut(self, node):
        """What a pulled cable does. A node with a veth loses its carrier; others just hear nothing any more."""
        self._set_link(node, on=False)

    def restore(self, node):
        self._set_link(node, on=True)

    def limit(self, nodes, rate):
        """Shapes what a node sends and what is sent to it; in a large lab the front end's link shapes the latter."""
        shape = f"root tbf rate {rate} burst 64kb latency 100ms"
        shared = [names.FRONT_END_LINK] if self._large else map(names.node_name, nodes)
        tc([f"qdisc add dev {link} {shape}" for link in shared], self._inside("fe"))
        if not self._taps:
            for node in nodes:
                tc([f"qdisc add dev {names.NODE_LINK} {shape}"], self._inside(names.node_name(node)))

    def _front_end(self):
        return [f"address add {names.FRONT_END_ADDRESS}/{names.PREFIX} broadcast + dev {names.FRONT_END_LINK}",
                f"link set {names.FRONT_END_LINK} up", "link set lo up"]

    def _small_links(self):
        yield (f"link add {names.FRONT_END_LINK} address {names.FRONT_END_MAC} type bridge "
               "forward_delay 0 stp_state 0 mcast_snooping 0")
        yield from self._front_end()
        for node in self._nodes:
            port = names.node_name(node)
            if self._taps:
                yield f"tuntap add {port} mode tap"
            else:
                yield (f"link add {port} type veth peer name {names.NODE_LINK} "
                       f"address {names.node_mac(node)} netns {self._space(port)}")
            yield f"link set {port} master {names.FRONT_END_LINK} up"

    def _large_links(self):
        yield f"link add {names.FRONT_END_LINK} address {names.FRONT_END_MAC} type veth peer name {PARENT}"
        yield from self._front_end()
        yield f"link set {PARENT} up"
        for node in self._nodes:
            yield (f"link add link {PARENT} name {names.NODE_LINK} address {names.node_mac(node)} "
                   f"netns {self._space(names.node_name(node))} type macvlan mode bridge")

    def _set_link(self, node, on):
        port = names.node_name(node)
        if self._large:
            # In mode `source` a macvlan takes frames from listed senders only, and none are listed.
            batch([f"link set {names.NODE_LINK} type macvlan mode {'bridge' if on else 'source'}"], self._inside(port))
        else:
            batch([f"link set {port} {'up' if on else 'down'}"], self._inside("fe"))

    def _space(self, part):
        return names.namespace(self._lab, part)

    def _inside(self, part, command=()):
        return ["nsenter", f"--net={names.NETNS / self._space(part)}", "--", *command]


def delete(lab):
    """Whatever is there of the lab's namespaces, and the links in them."""
    batch([f"netns delete {path.name}" for path in names.namespaces_of(lab).values()])
    remove_mount_point()


def remove_mount_point():
    """ip(8) mounts /run/netns on itself for the first namespace on the machine; with the last one it may go."""
    mounted = f" {names.NETNS} " in pathlib.Path("/proc/self/mountinfo").read_text()
    if mounted and not any(names.NETNS.iterdir()):
        run(["umount", str(names.NETNS)])
        with contextlib.suppress(OSError):
            names.NETNS.rmdir()


def batch(commands, inside=(), tool="ip"):
    text = "".join(command + "\n" for command in commands)
    if text:
        run([*inside, tool, "-batch", "-"], text)


def tc(commands, inside):
    batch(commands, inside, "tc")


def run(command, text=""):
    # close_fds: the lock goes to the helper as well, see state.lock().
    done = subprocess.run(command, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          close_fds=False)
    if done.returncode != 0:
        said = done.stdout.strip()
        line = named_line(said, text)
        raise LabError(f"{' '.join(command)}: {said or 'failed'}" + (f"\n  the command was: {line}" if line else ""))


def named_line(said, text):
    """The line that "Command failed -:7" speaks of."""
    number = said.rpartition("Command failed -:")[2]
    return text.splitlines()[int(number) - 1] if number.isdigit() else ""
