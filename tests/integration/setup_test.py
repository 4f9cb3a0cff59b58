#!/usr/bin/python3
"""The node-up plan on nodes: done in order, reported as it happens; a step that fails or hangs makes the node say so."""

import pathlib
import tempfile
import time

import lab
from hang import HangingMount

ALL_KINDS = """
[[step]]
kind = "hostname"
hostname = "worker-{node}"
[[step]]
kind = "mount"
type = "tmpfs"
target = "/scratch"
options = "size=1m,mode=1777"
[[step]]
kind = "directory"
path = "/scratch/d"
mode = "0751"
owner = "12:34"
[[step]]
kind = "device"
path = "/scratch/zero"
type = "char"
major = 1
minor = 5
mode = "0640"
[[step]]
kind = "file"
path = "/etc/motd"
source = "{source}"
mode = "0444"
[[step]]
kind = "link"
path = "/scratch/l"
target = "/etc/motd"
[[step]]
kind = "run"
name = "on the node"
command = ["/bin/sh", "-c", "read -r name < /proc/sys/kernel/hostname; echo ran on $name; echo done > /scratch/ran"]
[[step]]
kind = "run"
name = "on the front end"
command = ["/bin/sh", "-c", "echo done > {mark}"]
where = "front-end"
[[step]]
kind = "directory"
path = "/only-on-1"
nodes = "1"
"""
FAILING = '[[step]]\nkind = "mount"\nname = "broken"\ntype = "nosuchfs"\ntarget = "/x"\nretries = 1\n'
SLEEPING = '[[step]]\nkind = "run"\nname = "sleeper"\ncommand = ["/bin/sleep", "600"]\ntimeout = "2s"\n'
HANGING = '[[step]]\nkind = "directory"\nname = "hanging"\npath = "/hang"\ntimeout = "2s"\n'


class Setup(lab.LabTest):
    def test_every_kind_of_step(self):
        source, mark = self.temporary(b"hello from the front end\n"), self.temporary(b"")
        plan = ALL_KINDS.replace("{source}", source).replace("{mark}", mark)
        cluster = self.lab(nodes=2, plan=plan)
        cluster.wait_up()
        self.assertEqual(sorted(cluster.ctl("run", "all", "--", "/bin/hostname").stdout.split()), ["worker-0", "worker-1"])
        root = f"/proc/{cluster.pid1(0)}/root"
        said = lab.run(["sh", "-c", f"cd {root} && stat -c '%F %a %u:%g' scratch/d && stat -c '%F %a %t:%T' scratch/zero && "
                        "readlink scratch/l && cat etc/motd scratch/ran && stat -f -c %T scratch"]).stdout
        self.assertEqual(said.splitlines(), ["directory 751 12:34", "character special file 640 1:5", "/etc/motd",
                                             "hello from the front end", "done", "tmpfs"])
        self.assertEqual(pathlib.Path(mark).read_text(), "done\n")
        self.assertIn("ran on worker-0", cluster.ctl("log", "0").stdout)
        lab.run(["test", "!", "-e", f"{root}/only-on-1"])
        lab.run(["test", "-d", f"/proc/{cluster.pid1(1)}/root/only-on-1"])

    def test_the_plan_can_be_run_again(self):
        cluster = self.lab()
        cluster.wait_up()
        cluster.ctl("up", "0")
        cluster.wait_up()

    def test_a_step_that_fails(self):
        cluster = self.lab(nodes=2, plan=FAILING + 'nodes = "1"\n')
        cluster.wait("0")
        cluster.wait("1", "error")
        reason = cluster.status(1)["reason"]
        self.assertIn("broken", reason)
        self.assertIn("No such device", reason)
        self.assertRegex(cluster.ctl("boot-log", "1").stdout, "broken.*")
        self.assertNotEqual(cluster.ctl("up", "1", check=False).returncode, 0)

    def test_a_step_that_may_fail(self):
        cluster = self.lab(plan=FAILING + 'on_failure = "continue"\n')
        cluster.wait_up()
        self.assertIn("No such device", cluster.ctl("boot-log", "0").stdout)

    def test_a_program_that_does_not_end(self):
        cluster = self.lab(plan=SLEEPING)
        cluster.wait("all", "error")
        self.assertIn("sleeper", cluster.status(0)["reason"])
        # Left are the machine's supervisor and PID 1.
        lab.eventually(lambda: len(cluster.processes("n0")) == 2, "the sleeper has been killed")

    def test_a_step_that_hangs_in_the_kernel(self):
        cluster = self.lab(nodes=2, plan=HANGING, config='[heartbeat]\ninterval = "1s"\nsilence_limit = "5s"\n')
        cluster.wait_up()
        pid = cluster.pid1(0)
        hang = HangingMount(pid, "/hang")
        try:
            began = time.monotonic()
            self.assertNotEqual(cluster.ctl("up", "0", check=False).returncode, 0)
            self.assertLess(time.monotonic() - began, 30, "the deadline of the step was 2 s")
            self.assertTrue(hang.touched.is_set(), "the step has not touched the file system that hangs")
            row = cluster.status(0)
            self.assertEqual(row["state"], "error")
            self.assertIn("hang", row["reason"])
            # PID 1 answers pings all the while, and its neighbour has not noticed.
            wakeups = row["usage"]["wakeups"]
            lab.eventually(lambda: cluster.status(0)["usage"]["wakeups"] > wakeups + 1, "PID 1 answers")
            self.assertEqual(cluster.status(0)["state"], "error")
            self.assertEqual(cluster.status(1)["state"], "up")
        finally:
            hang.give_up(pid, "/hang")
        cluster.ctl("up", "0")
        cluster.wait_up()

    def temporary(self, content):
        file = tempfile.NamedTemporaryFile(delete=False)
        self.addCleanup(lab.run, ["rm", "-f", file.name])
        with file:
            file.write(content)
        return file.name


if __name__ == "__main__":
    lab.main()
