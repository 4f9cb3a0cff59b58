#!/usr/bin/python3
"""Cables, power and front ends that fail: both sides notice, say so, and come together again by themselves."""

import subprocess

import lab

QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "3s"\n'


class LargeLab(lab.LabTest):
    def test_a_cut_cable_that_is_mended(self):
        cluster = self.lab(nodes=33, config=QUICK)  # one more than a bridge gets
        cluster.wait_up()
        cluster.nodelab("cut-link", 32)
        cluster.wait("32", "down")
        cluster.nodelab("restore-link", 32)
        cluster.wait_up()


class Outage(lab.LabTest):
    def setUp(self):
        self.cluster = self.lab(nodes=3, config=QUICK)
        self.cluster.wait_up()

    def test_a_cut_cable_that_is_mended(self):
        pid = self.cluster.pid1(1)
        self.cluster.nodelab("cut-link", 1)
        self.cluster.wait("1", "down")
        self.assertTrue(self.cluster.status(1)["reason"], "the front end says why")
        self.assertEqual([self.cluster.status(node)["state"] for node in (0, 2)], ["up", "up"])
        self.cluster.nodelab("restore-link", 1)
        self.cluster.wait_up()
        self.assertEqual(self.cluster.pid1(1), pid, "the node has rejoined in the same life")
        self.assertEqual(self.cluster.ctl("run", "1", "--", "/bin/echo", "back").stdout, "back\n")

    def test_a_run_on_a_node_that_is_lost(self):
        command = [lab.NODELAB, "ctl", "--name", self.cluster.name, "--", "run", "2", "--", "/bin/sleep", "600"]
        waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(waiting.stdout.close)
        self.addCleanup(waiting.stderr.close)
        lab.eventually(lambda: len(self.cluster.processes("n2")) > 2, "the program runs")
        self.cluster.nodelab("power-cut", 2)
        said = waiting.communicate(timeout=lab.PATIENCE)[1]
        self.assertNotEqual(waiting.returncode, 0)
        self.assertIn("node 2: node lost", said)

    def test_a_power_cut(self):
        self.cluster.nodelab("power-cut", 0)
        self.cluster.wait("0", "down")
        self.assertIn("power cut", self.cluster.console(0))
        self.cluster.nodelab("power-on", 0)
        self.cluster.wait_up()

    def test_a_front_end_that_crashes(self):
        pids = [self.cluster.pid1(node) for node in range(3)]
        self.cluster.nodelab("stop-frontend", "--kill")
        self.cluster.nodelab("start-frontend")
        self.cluster.wait_up()
        self.assertEqual([self.cluster.pid1(node) for node in range(3)], pids)
        self.assertEqual(len(self.cluster.ctl("run", "all", "--", "/bin/hostname").stdout.split()), 3)

    def test_reboot_and_power_off_in_order(self):
        self.cluster.ctl("reboot", "0")
        self.cluster.says(0, "[lab] restart")
        self.cluster.wait_up()
        self.cluster.ctl("poweroff", "1")
        self.cluster.says(1, "[lab] power off")
        self.cluster.wait("1", "down")

    def test_pid_1_that_is_killed_is_a_machine_that_died(self):
        lab.run(["kill", "-KILL", str(self.cluster.pid1(0))])
        self.cluster.says(0, "machine died: killed by signal 9")
        self.cluster.wait("0", "down")


if __name__ == "__main__":
    lab.main()
