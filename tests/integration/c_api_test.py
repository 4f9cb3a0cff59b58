#!/usr/bin/python3
"""libnodeinit: what a launcher that is written in C sees and does (tests/programs/launcher.c)."""

import re
import signal

import lab


class CApi(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2)
        cls.cluster.wait_up()

    def launcher(self, *words, status=0):
        done = lab.run([lab.PROGRAMS / "launcher", self.cluster.state / "control.sock", *words], check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stdout + done.stderr

    def test_nodes(self):
        self.assertEqual(self.launcher("nodes"), "0 n0 2 0a090100\n1 n1 2 0a090101\n")

    def test_a_program_on_two_nodes(self):
        said = self.launcher("run", "0,1", "/bin/sh", "-c", "echo $$").splitlines()
        for node in (0, 1):
            mine = [line.removeprefix(f"node {node} ") for line in said if line.startswith(f"node {node} ")]
            pid = next(line.split()[1] for line in mine if line.startswith("runs "))
            self.assertEqual(sorted(mine), ["exited with 0", f"runs {pid}", f"says {pid}"])

    def test_statuses(self):
        self.assertIn("node 1 exited with 7\n", self.launcher("run", "1", "/bin/sh", "-c", "exit 7", status=7))
        self.assertIn("errno 2: ", self.launcher("run", "1", "no-such-program", status=1))
        self.assertIn("node 7", self.launcher("run", "7", "/bin/true", status=1))

    def test_more_output_than_fits_anywhere(self):
        said = self.launcher("run", "0", "/bin/sh", "-c", "i=0; while [ $i -lt 100000 ]; do echo 0123456789; i=$((i+1)); done")
        said = re.sub(r"node 0 runs \d+\n", "", said)
        self.assertEqual(said.count("9"), 100000)  # lines may come in pieces

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            said = self.launcher("kill", "0,1", str(int(number)), status=128 + number)
            self.assertIn(f"node 0 killed by {int(number)}\n", said)
            self.assertIn(f"node 1 killed by {int(number)}\n", said)

    def test_a_front_end_that_is_not_there(self):
        self.cluster.nodelab("stop-frontend")
        self.addCleanup(self.cluster.wait_up)
        self.addCleanup(self.cluster.nodelab, "start-frontend")
        self.assertIn("nodes: errno ", self.launcher("nodes", status=1))


if __name__ == "__main__":
    lab.main()
