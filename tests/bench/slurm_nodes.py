"""The nodes of ssh_nodes with Slurm on them as well: one slurmctld and munged at the front end, one slurmd on each node.

All of it runs in the network namespaces of the lab, and so ends with `nodelab down` however the bench does. Each slurmd has
a tmpfs of its own where sbcast writes (TARGET).
"""

import os
import subprocess

import lab
import ssh_nodes
from nodelab import names
from ssh_nodes import SshNodes, TARGET

MUNGED = "/usr/sbin/munged"
SLURMCTLD = "/usr/sbin/slurmctld"
SLURMD = "/usr/sbin/slurmd"

ENTER = f"""set -e
mount --make-rprivate /
mount -t tmpfs -o mode=0755 node {TARGET}
mount -t tmpfs -o mode=0755 node /run
hostname "$1"
exec {SLURMD} -D -N "$1" -f "$2"
"""

CONFIGURATION = """ClusterName=bench
SlurmctldHost={host}({front_end})
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/slurm
SlurmdSpoolDir=/run/slurmd-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile=/run/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/linear
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
TreeWidth=64
MessageTimeout=60
"""


class SlurmNodes(SshNodes):
    def __init__(self, name, nodes, cipher):
        super().__init__(name, nodes, cipher)
        self._daemons = []
        self._count = nodes
        self.environment = {**os.environ, "SLURM_CONF": str(self._path("slurm.conf"))}
        self.environment.pop("SLURM_JOB_ID", None)

    def start(self):
        super().start()
        self._write_configuration()
        self._run("fe", MUNGED, "--foreground", "--force", f"--key-file={self._path('munge.key')}",
                  f"--socket={self._path('munge.socket')}", f"--pid-file={self._path('munged.pid')}",
                  f"--log-file={self._path('munged.log')}", f"--seed-file={self._path('munged.seed')}")
        lab.eventually(self._path("munge.socket").exists, "munged has its socket")
        self._run("fe", SLURMCTLD, "-D", "-f", self._path("slurm.conf"))
        for node in map(names.node_name, range(self._count)):
            self._run(node, "unshare", "--mount", "--uts", "--", "sh", "-c", ENTER, "sh", node, self._path("slurm.conf"))
        lab.eventually(self._all_idle, "every slurmd is idle")

    def _write_configuration(self):
        text = CONFIGURATION.format(host=os.uname().nodename, front_end=names.FRONT_END_ADDRESS, folder=self._folder.name)
        for node in range(self._count):
            name = names.node_name(node)
            text += f"NodeName={name} NodeAddr={names.node_address(node)} NodeHostname={name} State=UNKNOWN\n"
        text += "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
        self._path("slurm.conf").write_text(text)
        self._path("slurm").mkdir()
        self._path("munge.key").write_bytes(os.urandom(128))
        self._path("munge.key").chmod(0o400)

    def _run(self, part, *words):
        output = self._path("daemons.log").open("ab")
        with output:
            self._daemons.append(subprocess.Popen(self._inside(part) + list(map(str, words)), stdin=subprocess.DEVNULL,
                                                  stdout=output, stderr=output, start_new_session=True, env=self.environment))

    def _all_idle(self):
        ended = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
        if ended:
            raise AssertionError(f"{ended[0]} has ended:\n{self._path('daemons.log').read_text()[-2000:]}")
        done = self.at_front_end("sinfo", "-h", "-t", "idle", "-o", "%D", check=False)
        return done.stdout.strip() == str(self._count)

    def at_front_end(self, *words, **options):
        """Runs a command in the front end's network, where Slurm's commands find its daemons."""
        return lab.run([*self._inside("fe"), *map(str, words)], **{"env": self.environment, **options})

    @property
    def addresses(self):
        return list(self._addresses.values())

    @property
    def ssh_config(self):
        return str(self._path("ssh_config"))

    def script(self, name, text):
        """An executable of its own for as long as the nodes are there."""
        path = self._path(name)
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def end(self):
        ssh_nodes.take_down(self._name)
        for daemon in self._daemons:
            daemon.wait(timeout=lab.PATIENCE)
        super().end()
