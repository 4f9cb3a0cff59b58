#!/usr/bin/python3
"""The example of a Debian compute node on virtual machines, with the NFS server that it needs, as it stands in the tree.

The image has neither NFS nor anything of Debian: modules, file systems, users, libraries and Python come by the plan.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import lab  # noqa: E402
import nfs_server  # noqa: E402

BOOT = 300  # seconds at the most: emulated, on a machine that may be busy
CONFIG = '[heartbeat]\ninterval = "2s"\nsilence_limit = "20m"\n'  # silent for longer than any test takes
EXAMPLE = lab.TREE / "examples/compute-node"
KERNEL = lab.TREE / "build/toolchain/kernel"
# The kernel is not the one that is installed here.
MODULES = f'modules = ["nfsv4", "nfsv3"]\ndirectory = "{KERNEL / "lib/modules" / (KERNEL / "release").read_text().strip()}"\n'
PROGRAM = """
import json, os, pwd, socket
names = open("/proc/modules").read().split()
print(json.dumps({"home": os.listdir("/home"), "scratch": os.listdir("/scratch"), "root": pwd.getpwnam("daemon").pw_uid,
                  "address": socket.gethostbyname(os.uname().nodename), "nfs": "nfsv4" in names and "nfsv3" in names}))
"""


class ComputeNode(lab.LabTest):
    def test_the_example_makes_compute_nodes_of_bare_ones(self):
        plan = (EXAMPLE / "node_up.toml").read_text().replace('modules = ["nfsv4", "nfsv3"]\n', MODULES)
        self.assertIn(MODULES, plan)
        plan = plan.replace('"files/', f'"{EXAMPLE}/files/')
        cluster = self.lab(nodes=2, backend="qemu", plan=plan, config=CONFIG, memory=256)
        server = nfs_server.NfsServer(cluster.namespace("fe"), exports=("/home", "/scratch"))
        self.addCleanup(server.remove)
        for name in ("/home", "/scratch"):
            (server.exports[name] / f"of {name[1:]}").write_text("x\n")
        server.start()
        cluster.wait_up(seconds=BOOT)

        done = cluster.ctl("run", "-l", "all", "--", "/usr/bin/python3", "-c",
                           'import json,os; print(os.listdir("/home"))', timeout=BOOT)
        self.assertEqual(sorted(done.stdout.splitlines()), ["n0: ['of home']", "n1: ['of home']"])
        said = cluster.ctl("run", "-l", "all", "--", "/usr/bin/python3", "-c", PROGRAM, timeout=BOOT).stdout
        for number in (0, 1):
            self.assertIn(f'n{number}: {{"home": ["of home"], "scratch": ["of scratch"], "root": 1, '
                          f'"address": "10.9.1.{number}", "nfs": true}}', said)
        limits = cluster.ctl("run", "0", "--", "/bin/bash", "-c", "ulimit -l; ulimit -n; ulimit -c", timeout=BOOT).stdout
        self.assertEqual(limits.split(), ["unlimited", "65536", "0"])
        self.assertEqual(cluster.ctl("run", "0", "--", "/bin/bash", "-c", "ls /scratch | sort; date +%Z >&2; echo ~root",
                                     timeout=BOOT).stdout, "of scratch\n/root\n")


if __name__ == "__main__":
    lab.main()
