#!/usr/bin/python3
"""nodectl under the names of BProc's commands, as links beside it."""

import os
import subprocess

import lab


class Bproc(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=3)
        cls.cluster.wait_up()

    def bproc(self, name, *words, status=0):
        env = {**os.environ, "NODECTL_SOCKET": str(self.cluster.state / "control.sock")}
        done = lab.run([lab.PROGRAMS / name, *words], check=False, env=env, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def state(self, node):
        return self.cluster.status(node)["state"]

    def test_bpsh(self):
        self.assertEqual(self.bproc("bpsh", "1", "/bin/echo", "-n", "here"), "here")
        self.assertEqual(sorted(self.bproc("bpsh", "-p", "-a", "/bin/echo", "here").splitlines()),
                         ["n0: here", "n1: here", "n2: here"])
        self.bproc("bpsh", "0", "/bin/sh", "-c", "exit 7", status=7)
        self.assertIn("bpsh: NODES and a program", self.bproc("bpsh", "0", status=2))

    def test_bpstat_and_bpctl(self):
        self.assertEqual(self.bproc("bpstat", "0-2").splitlines()[1].split(), ["0-2", "up", "---x--x---", "root", "root"])
        self.bproc("bpctl", "-S", "1", "-u", "daemon", "-m", "111", "-s", "unavailable")
        self.assertEqual([line.split() for line in self.bproc("bpstat").splitlines()[1:]],
                         [["0,2", "up", "---x--x---", "root", "root"],
                          ["1", "unavailable", "---x--x--x", "daemon", "root"]])
        self.assertEqual(self.bproc("bpstat", "-t", "unavailable"), "1\n")
        self.bproc("bpctl", "-S", "1", "-s", "up")
        self.assertEqual(self.state(1), "up")
        self.bproc("bpctl", "-S", "2", "-R")
        self.cluster.wait_up()
        self.assertIn("bpctl: nodes are not set to", self.bproc("bpctl", "-S", "2", "-s", "down", status=2))


if __name__ == "__main__":
    lab.main()
