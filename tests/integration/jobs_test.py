#!/usr/bin/python3
"""Jobs as wholes: seen by nodectl ps, signalled by nodectl kill, whatever their processes do to get away."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import lab

NODES = 2
NOBODY = 65534
QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "10s"\n'
BOMB = str(lab.PROGRAMS / "fork_bomb")
SECONDS, MOST = 60, 200  # of the bomb: it ends by itself, and is never larger


def ghost_of(process):
    """The pid of its only rank."""
    return int(pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


class Jobs(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=NODES, config=QUICK)
        cls.cluster.wait_up()

    def start(self, *words):
        socket = next(self.cluster.state.rglob("control.sock"))
        process = subprocess.Popen([str(lab.PROGRAMS / "nodectl"), "--socket", str(socket), "run", *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def ps(self, nodes="up"):
        return json.loads(self.cluster.ctl("ps", "--json", nodes).stdout)

    def job_of(self, program):
        """The number of the one job that runs it."""
        jobs = lab.eventually(lambda: {row["job"] for row in self.ps() if program in row["command"]}, f"{program} runs")
        self.assertEqual(len(jobs), 1)
        return str(jobs.pop())

    def on_node(self, node, program):
        """Pids, as this machine counts, of what runs the program there."""
        found = []
        for pid in self.cluster.processes(f"n{node}"):
            try:
                line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if program.encode() in line:
                found.append(pid)
        return found

    def end_bombs(self):
        for node in range(NODES):
            for pid in self.on_node(node, BOMB):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def test_a_fork_bomb_is_ended_whole(self):
        self.addCleanup(self.end_bombs)
        run = self.start("0", "--", BOMB, str(SECONDS), str(MOST))
        self.assertEqual(run.stdout.readline(), "ticks\n")
        lab.eventually(lambda: len(self.on_node(0, BOMB)) > MOST // 2, "it has grown")
        self.assertEqual(self.cluster.status(0)["state"], "up")
        self.assertGreater(len([row for row in self.ps("0") if BOMB in row["command"]]), MOST // 2)
        self.cluster.ctl("kill", "-9", "--job", self.job_of(BOMB))
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 9)
        lab.eventually(lambda: not self.on_node(0, BOMB), "nothing of it is left")
        self.assertEqual(self.ps("0"), [])
        self.assertEqual(self.cluster.status(0)["state"], "up")
        self.assertNotIn("n0: up ->", self.cluster.frontend_log())

    def test_what_a_job_has_left_is_ended_too(self):
        self.addCleanup(self.end_bombs)
        run = self.start("1", "--", BOMB, str(SECONDS), "20")
        self.assertEqual(run.stdout.readline(), "ticks\n")
        lab.eventually(lambda: len(self.on_node(1, BOMB)) > 10, "it has grown")
        job = self.job_of(BOMB)
        first = ghost_of(run)
        self.cluster.ctl("kill", "-9", str(first))
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 9)
        self.assertTrue(self.on_node(1, BOMB), "the others run on")
        self.cluster.ctl("kill", "-9", "--job", job, "1")
        lab.eventually(lambda: not self.on_node(1, BOMB), "nothing of it is left")

    def test_processes_are_listed_and_signalled(self):
        run = self.start("all", "--", "/bin/sh", "-c", "trap 'echo got; exit 3' 10; echo $$; while :; do :; done")
        pids = {int(run.stdout.readline()) for _ in range(NODES)}
        rows = [row for row in self.ps() if row["pid"] in pids]
        self.assertEqual({row["node"] for row in rows}, set(range(NODES)))
        self.assertEqual({(row["parent"], row["uid"], row["user"]) for row in rows}, {(1, 0, "root")})
        self.assertTrue(all(row["command"].startswith("/bin/sh -c trap") for row in rows))
        self.assertEqual(sorted(row["rank"] for row in rows), [0, 1])
        first, second = sorted(rows, key=lambda row: row["node"])
        self.cluster.ctl("kill", "-USR1", str(first["pid"]))
        self.assertEqual(run.stdout.readline(), "got\n")
        self.cluster.ctl("kill", "-s", "USR1", f"n1:{second['pid']}")
        self.assertEqual(run.stdout.readline(), "got\n")
        self.assertEqual(run.wait(lab.PATIENCE), 3)

    def as_nobody(self, *words):
        """nodectl, from where whoever it is may execute it."""
        folder = tempfile.TemporaryDirectory(prefix="nodectl-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        nodectl = shutil.copy(lab.PROGRAMS / "nodectl", folder.name)
        socket = next(self.cluster.state.rglob("control.sock"))
        return lab.run([nodectl, "--socket", str(socket), *words], check=False, user=NOBODY, group=NOBODY,
                       extra_groups=[])

    def test_others_processes_are_seen_and_not_signalled(self):
        run = self.start("0", "--", "/bin/sleep", "1000")
        pid = lab.eventually(lambda: next((row["pid"] for row in self.ps() if "/bin/sleep" in row["command"]), None), "it runs")
        self.assertIn("/bin/sleep 1000", self.as_nobody("ps").stdout)
        job = self.job_of("/bin/sleep")
        done = self.as_nobody("kill", "-9", "--job", job)
        self.assertEqual((done.returncode, done.stderr),
                         (1, f"nodectl: permission denied: job {job} is somebody else's\n"))
        done = self.as_nobody("kill", "-9", f"n0:{pid}")
        self.assertEqual((done.returncode, done.stderr), (1, f"nodectl: n0: process {pid} is somebody else's\n"))
        self.assertIsNone(run.poll())
        self.cluster.ctl("kill", str(pid))
        self.assertEqual(run.wait(lab.PATIENCE), 128 + 15)

    def test_what_is_not_there(self):
        done = self.cluster.ctl("kill", "n0:1", check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "nodectl: n0: no process 1 of a job is there\n"))
        done = self.cluster.ctl("kill", "--job", "4711", check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "nodectl: no process of job 4711 is left\n"))

    def test_groups_come_and_go_with_jobs(self):
        self.cluster.ctl("run", "all", "--", "/bin/sh", "-c", "exit 0")
        here = pathlib.Path("/sys/fs/cgroup")
        pattern = f"**/nodelab/{self.cluster.name}/n*/machine/nodeinit/job-*"
        lab.eventually(lambda: not list(here.glob(pattern)), "all groups have been removed")


if __name__ == "__main__":
    lab.main()
