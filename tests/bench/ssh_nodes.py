"""Nodes as other tools want them, for benches to compare with: sshd in each, and one ssh configuration that reaches them.

They are namespaces of the same kind as nodelab's own nodes, on the network that it makes for as many. Each has a tmpfs of
its own for what is copied to it. Whatever runs in them is found by its network namespace and ended by `nodelab down`,
which is how they end however the bench does.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import lab

sys.path.insert(0, str(lab.TREE / "lab"))

from nodelab import names, network, processes  # noqa: E402

SSHD = "/usr/sbin/sshd"
TARGET = "/mnt"  # of each node, a tmpfs
MAX_NODES = names.MAX_NODES
FRONT_END_ADDRESS = names.FRONT_END_ADDRESS
FRONT_END_LINK = names.FRONT_END_LINK

# /run has sshd's empty directory; /root must not have the start files of whoever runs the bench.
ENTER = f"""set -e
mount --make-rprivate /
mount -t tmpfs -o mode=0755 node {TARGET}
mount -t tmpfs -o mode=0755 node /run
mount -t tmpfs -o mode=0700 node /root
mkdir -m 0755 /run/sshd
hostname "$1"
exec {SSHD} -D -e -f "$2"
"""

SERVER = """ListenAddress 0.0.0.0
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
StrictModes no
PermitRootLogin prohibit-password
PidFile none
UsePAM no
UseDNS no
MaxStartups 1000
PrintMotd no
PrintLastLog no
LogLevel ERROR
"""

CLIENT = """User root
IdentityFile {folder}/client
IdentitiesOnly yes
UserKnownHostsFile {folder}/known_hosts
GlobalKnownHostsFile none
StrictHostKeyChecking yes
BatchMode yes
ConnectTimeout 30
GSSAPIAuthentication no
Compression no
KexAlgorithms curve25519-sha256
Ciphers {cipher}
LogLevel ERROR
"""


class SshNodes:
    def __init__(self, name, nodes, cipher):
        """`name`: of a lab that is not there yet. `cipher`: as ssh_config(5) has it."""
        self._name, self._cipher = name, cipher
        self._parts = ["fe", *map(names.node_name, range(nodes))]
        self._addresses = {names.node_name(node): names.node_address(node) for node in range(nodes)}
        self._folder = tempfile.TemporaryDirectory(prefix=f"{name}-")
        self._lab = None
        self._servers = {}  # of the front end, which nodes may ask for their files, and of the nodes

    def _path(self, name):
        return pathlib.Path(self._folder.name, name)

    @property
    def shell(self):
        """What reaches a node, for rsync."""
        return f"ssh -F {self._path('ssh_config')}"

    def start(self):
        self._configure()
        self._lab = lab.Lab(self._name, len(self._addresses), powered_off=True, no_frontend=True)
        for part, address in self._addresses.items():
            network.batch([f"address add {address}/{names.PREFIX} broadcast + dev {names.NODE_LINK}",
                           f"link set {names.NODE_LINK} up", "link set lo up"], self._inside(part))
        for part in self._parts:
            self._servers[part] = self._serve(part)
        self.wait_idle()
        self.clush(64, "true")
        self.wait_idle()

    def _configure(self):
        for key in ("host", "client"):
            lab.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", self._path(key)])
        self._path("known_hosts").write_text("10.9.* " + self._path("host.pub").read_text())
        for name, text in (("sshd_config", SERVER), ("ssh_config", CLIENT)):
            self._path(name).write_text(text.format(folder=self._folder.name, cipher=self._cipher))

    def _inside(self, part):
        return ["nsenter", f"--net={names.NETNS / names.namespace(self._name, part)}", "--"]

    def _serve(self, part):
        """sshd with mounts and a host name of its own. What it says goes where the bench's own errors go."""
        command = [*self._inside(part), "unshare", "--mount", "--uts", "--", "sh", "-c", ENTER, "sh", part,
                   str(self._path("sshd_config"))]
        # A session of its own: ^C is for the bench, which ends it in its turn.
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def clush(self, fanout, *words, timeout=lab.PATIENCE):
        """Runs clush for all nodes, in the front end's network, and waits for it. A node that fails makes it fail."""
        environment = {**os.environ, "RSYNC_RSH": self.shell, "CLUSTERSHELL_CFGDIR": self._folder.name}
        nodes = ",".join(self._addresses.values())
        command = ["clush", "-S", "-q", "-f", str(fanout), "-w", nodes, "-o", f"-F {self._path('ssh_config')}", *words]
        return lab.run([*self._inside("fe"), *command], timeout=timeout, env=environment)

    def wait_idle(self):
        """Until every sshd listens and nothing else runs there: what a command has started may outlive it by a moment."""
        lab.eventually(self._idle, f"every sshd of {self._name} listens and has nothing to do")

    def _idle(self):
        ended = [part for part, server in self._servers.items() if server.poll() is not None]
        if ended:
            raise AssertionError(f"sshd of {', '.join(ended)} has ended; what it said is above")
        running = processes.of_lab(names.namespaces_of(self._name).values())
        return len(running) == len(self._servers) and all(map(listens, self.pids()))

    def pids(self):
        """Of sshd, as this machine counts: the front end's, then the nodes' in their order."""
        return [server.pid for server in self._servers.values()]

    def end(self):
        take_down(self._name)
        for server in self._servers.values():
            server.wait(timeout=lab.PATIENCE)
        if self._lab:
            self._lab.folder.cleanup()
        self._folder.cleanup()


def take_down(name):
    """Ends a lab, if anything of it is there."""
    if name in names.labs():
        lab.run([lab.NODELAB, "down", "--name", name])


def listens(pid):
    """Whether port 22 of the process's network namespace is listened on."""
    return ":0016 00000000:0000 0A" in pathlib.Path(f"/proc/{pid}/net/tcp").read_text()
