#!/usr/bin/python3
"""The real image under a real kernel: virtual machines that boot, run, restart, and wait for an NFS server that hangs."""

import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import lab  # noqa: E402

KERNEL = lab.TREE / "build/toolchain/kernel"
BOOT = 120  # seconds at the most: emulated, on a machine that may be busy
PATIENT = '[heartbeat]\ninterval = "1m"\nsilence_limit = "20m"\n'  # longer than any test takes
DEAD_NFS = """
[[step]]
kind = "mount"
name = "home"
type = "nfs"
source = "FRONTEND:/home"
target = "/home"
version = "3"
options = "port=2049,mountport=2049"
timeout = "3s"
retries = 0
nodes = "1"
"""
# Connections to it are made, and nothing is ever said: as with a server that hangs, mount(2) waits.
SILENT = "import signal, socket; server = socket.create_server(('', 2049)); print('ready', flush=True); signal.pause()"


class VirtualMachines(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        broken = ["network.prefix=banana", "no.such.key=1"]  # words of the kernel's command line
        cls.cluster = cls.class_lab(nodes=2, backend="qemu", node_argument=broken, config=PATIENT)
        cls.cluster.wait_up(seconds=BOOT)

    def test_the_kernel_is_the_guests(self):
        release = (KERNEL / "release").read_text().strip()
        done = self.cluster.ctl("run", "-l", "all", "--", "/bin/uname", "-r")
        self.assertEqual(sorted(done.stdout.split()), sorted(["n0:", release, "n1:", release]))

    def test_broken_kernel_arguments_are_reported(self):
        console = self.cluster.console(0)
        for word in ("banana", "no.such.key"):
            self.assertIn(word, console)

    def test_the_root_has_been_cleaned(self):
        done = self.cluster.ctl("run", "0", "--", "/usr/bin/find", "/lib/modules", "-name", "*.ko", check=False)
        self.assertEqual(done.stdout, "", "modules are in the kernel now and in the root no more")

    def test_the_clock_has_been_set(self):
        node = int(self.cluster.ctl("run", "0", "--", "/bin/date", "+%s").stdout)
        self.assertLess(abs(node - time.time()), 60)

    def test_a_restart(self):
        self.cluster.ctl("reboot", "1")
        lab.eventually(lambda: self.cluster.console(1).count("joined as node 1") == 2, "it has joined twice", BOOT)
        self.cluster.wait_up(seconds=BOOT)

    def test_a_power_cut_that_nobody_has_noticed_when_the_node_comes_again(self):
        self.cluster.nodelab("power-cut", 0)
        self.assertEqual(self.cluster.status(0)["state"], "up")
        self.cluster.nodelab("power-on", 0)
        lab.eventually(lambda: self.cluster.console(0).count("joined as node 0") == 2, "it has joined twice", BOOT)
        self.cluster.wait_up(seconds=BOOT)
        self.assertEqual(self.cluster.ctl("run", "0", "--", "/bin/echo", "back").stdout, "back\n")


class DeadServer(lab.LabTest):
    def test_a_mount_from_an_nfs_server_that_hangs(self):
        cluster = self.lab(nodes=2, backend="qemu", plan=DEAD_NFS, modules="nfsv3", powered_off=True)
        server = subprocess.Popen(cluster.in_frontend("python3", "-c", SILENT), stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.addCleanup(server.stdout.close)
        self.assertEqual(server.stdout.readline(), "ready\n")
        cluster.nodelab("power-on", "0-1")
        cluster.wait("0", seconds=BOOT)
        cluster.wait("1", "error", seconds=BOOT)
        self.assertIn("step home: killed at its deadline of 3 s", cluster.status(1)["reason"])
        wakeups = cluster.status(1)["usage"]["wakeups"]
        lab.eventually(lambda: cluster.status(1)["usage"]["wakeups"] > wakeups + 1, "PID 1 answers all the while")
        # The worker may hang in the kernel; a restart is not held up by it.
        cluster.ctl("reboot", "1")
        lab.eventually(lambda: cluster.console(1).count("joined as node 1") == 2, "it restarts all the same", BOOT)


if __name__ == "__main__":
    lab.main()
