#!/usr/bin/python3
"""Limits of jobs under a real kernel, which has all controllers of cgroups: they hold, and who hits one is told."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import lab  # noqa: E402

BOOT = 120  # seconds at the most: emulated, on a machine that may be busy
PATIENT = '[heartbeat]\ninterval = "1m"\nsilence_limit = "20m"\n'  # longer than any test takes
HOG = str(lab.PROGRAMS / "memory_hog")
BOMB = str(lab.PROGRAMS / "fork_bomb")


class JobLimits(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2, backend="qemu", memory=256, config=PATIENT)
        cls.cluster.wait_up(seconds=BOOT)

    def run_on(self, *words):
        return self.cluster.ctl("run", *words, check=False)

    def test_a_job_that_needs_too_much_memory_is_ended_and_told_so(self):
        done = self.run_on("--memory", "32M", "all", "--", HOG, "100")
        self.assertEqual(done.returncode, 128 + 9)
        self.assertEqual(done.stderr, "nodectl: nodes 0-1: the job ran out of memory there (limit 32M): killed\n")

    def test_a_job_within_its_memory_is_not(self):
        done = self.run_on("--memory", "32M", "0", "--", HOG, "10")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "has it\n", ""))

    def test_a_fork_bomb_stays_within_its_limit_and_the_node_up(self):
        done = self.run_on("--pids", "50", "1", "--", BOMB, "5", "200")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "nodectl: node 1: the limit of 50 processes was hit: some were not started\n")
        self.assertEqual(self.cluster.status(1)["state"], "up")
        self.assertNotIn("n1: up ->", self.cluster.frontend_log())

    def test_processor_time_and_processors(self):
        script = "cd /sys/fs/cgroup/nodeinit/job-$NODEINIT_JOB && read a < cpu.max && read b < cpuset.cpus && echo $a $b"
        done = self.run_on("--cpu-percent", "50", "--cpus", "0", "0", "--", "/bin/sh", "-c", script)
        self.assertEqual(done.stdout, "50000 100000 0\n", done.stderr)

    def test_processors_that_are_not_there(self):
        done = self.run_on("--cpus", "77", "0", "--", "/bin/sh", "-c", "echo runs")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("node 0: set cpuset.cpus to 77: ", done.stderr)


if __name__ == "__main__":
    lab.main()
