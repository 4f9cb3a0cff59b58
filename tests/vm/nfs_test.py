#!/usr/bin/python3
"""Virtual machines that mount from an NFS server: it comes after them, serves both versions, and is gone in mid-use."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import lab  # noqa: E402
import nfs_server  # noqa: E402

BOOT = 120  # seconds at the most: emulated, on a machine that may be busy
CONFIG = '[heartbeat]\ninterval = "2s"\nsilence_limit = "20m"\n'  # silent for longer than any test takes
PLAN = f"""
[[step]]
kind = "hostname"
[[step]]
kind = "mount"
name = "new"
type = "nfs"
source = "FRONTEND:{nfs_server.PSEUDO}"
target = "/new"
[[step]]
kind = "mount"
name = "old"
type = "nfs"
source = "FRONTEND:{nfs_server.PSEUDO}"
target = "/old"
version = "3"
options = "ro"
"""
# What else node 0 tries, in vain: source and other keys, words of the reason.
REFUSED = {
    "no export of version 4": ("FRONTEND:/nowhere", 'target = "/x"', "the server has no such export"),
    "no export of version 3": ("FRONTEND:/nowhere", 'target = "/x"\nversion = "3"', "no such export for this node"),
    "no such version": (f"FRONTEND:{nfs_server.PSEUDO}", 'target = "/x"\nversion = "4.1"', "this version of NFS"),
    "no such option": (f"FRONTEND:{nfs_server.PSEUDO}", 'target = "/x"\noptions = "nonsense=1"', "another option"),
    "on another mount": ("FRONTEND:/other", 'target = "/new"', "10.9.0.1:/export .nfs4. is mounted there already"),
}
HANGING = "echo going; read -r line < /new/unread; echo $line"
ADDRESSES = {"n0": "10.9.1.0", "n1": "10.9.1.1"}


def refused_steps():
    return "".join(f'[[step]]\nkind = "mount"\nname = "{name}"\ntype = "nfs"\nsource = "{source}"\n{keys}\n'
                   'retries = 0\non_failure = "continue"\nnodes = "0"\n' for name, (source, keys, _) in REFUSED.items())


class Nfs(lab.LabTest):
    def test_a_server_that_comes_late_and_goes_early(self):
        plan = PLAN + refused_steps()
        self.cluster = self.lab(nodes=2, backend="qemu", plan=plan, config=CONFIG, modules="nfsv3,nfsv4")
        self.server = nfs_server.NfsServer(self.cluster.namespace("fe"))
        self.addCleanup(self.server.remove)
        for name in ("greeting", "unread"):
            (self.server.export / name).write_text(f"the {name}\n")
        self.nodes_wait_for_the_server()
        self.server.start()
        self.nodes_are_up()
        self.files_are_read()
        self.refusals_are_explained()
        self.a_second_time_there_is_nothing_to_do()
        hanging = self.hang_on_the_stopped_server()
        self.the_node_goes_on()
        self.the_node_restarts()
        self.assertNotEqual(hanging.wait(lab.PATIENCE), 0)
        self.server.start()
        self.nodes_are_up()
        self.files_are_read()

    def nodes_wait_for_the_server(self, node="all"):
        why = "step new: .*mount 10.9.0.1:/export on /new: NFS server 10.9.0.1, port 2049: .*no NFS server on it"
        rows = lab.eventually(lambda: self.rows_with(node, why), "the nodes say what they wait for", BOOT)
        self.assertEqual({row["state"] for row in rows}, {"boot"})
        self.assertRegex(self.cluster.ctl("boot-log", "1").stdout, "setup: new.*no NFS server on it")

    def rows_with(self, node, why):
        """What status says of these nodes, if all of them give this as their reason."""
        rows = [row for row in self.cluster.status() if node in ("all", row["name"])]
        return rows if all(re.search(why, row["reason"]) for row in rows) else None

    def nodes_are_up(self):
        try:
            self.cluster.wait_up(seconds=BOOT)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- NFS server:\n{self.server.log()}") from error

    def files_are_read(self):
        done = self.cluster.ctl("run", "-l", "all", "--", "/bin/cat", "/new/greeting", "/old/greeting", timeout=BOOT)
        self.assertEqual(sorted(done.stdout.splitlines()), 2 * ["n0: the greeting"] + 2 * ["n1: the greeting"])
        mounts = self.cluster.ctl("run", "-l", "all", "--", "/bin/cat", "/proc/self/mounts").stdout
        for node, address in ADDRESSES.items():
            self.assertRegex(mounts, f"{node}: 10.9.0.1:/export /new nfs4 rw,.*vers=4.2,.*clientaddr={address},")
            self.assertRegex(mounts, f"{node}: 10.9.0.1:/export /old nfs ro,.*vers=3,.*nolock,")

    def refusals_are_explained(self):
        said = self.cluster.ctl("boot-log", "0").stdout
        for name, (_, _, why) in REFUSED.items():
            self.assertRegex(said, f"setup: {name} .*{why}")
        self.assertIn("nonsense", self.cluster.console(0))

    def a_second_time_there_is_nothing_to_do(self):
        self.cluster.ctl("up", "0", timeout=BOOT)
        said = self.cluster.ctl("log", "0").stdout
        for target in ("/new", "/old"):
            self.assertIn(f"mount 10.9.0.1:/export on {target}: nothing to do", said)

    def hang_on_the_stopped_server(self):
        """The command that waits for a process that waits for a server that is gone."""
        self.server.stop()
        hanging = subprocess.Popen([lab.NODELAB, "ctl", "--name", self.cluster.name, "--", "run", "1", "--", "/bin/sh",
                                    "-c", HANGING],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   cwd="/")
        self.addCleanup(hanging.stdout.close)
        self.addCleanup(hanging.kill)
        self.assertEqual(hanging.stdout.readline(), "going\n")
        return hanging

    def the_node_goes_on(self):
        wakeups = self.cluster.status(1)["usage"]["wakeups"]
        lab.eventually(lambda: self.cluster.status(1)["usage"]["wakeups"] > wakeups + 1, "PID 1 answers pings")
        self.assertEqual(self.cluster.status(1)["state"], "up")
        self.assertEqual(self.cluster.ctl("run", "1", "--", "/bin/echo", "alive").stdout, "alive\n")

    def the_node_restarts(self):
        self.cluster.ctl("reboot", "1")
        lab.eventually(lambda: self.cluster.console(1).count("joined as node 1") == 2, "it has joined twice", BOOT)
        self.nodes_wait_for_the_server("n1")


if __name__ == "__main__":
    lab.main()
