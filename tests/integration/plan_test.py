#!/usr/bin/python3
"""nodectl plan and nodectl up -f: the plan is checked, shown and tried without doing it, and followed as it is done."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import tempfile

import lab

HOSTNAME = '[[step]]\nkind = "hostname"\nhostname = "worker-{node}"\n'
TREE = '[[step]]\nkind = "file"\nname = "tree"\nsource = "DIR/tree"\npath = "/etc/tree"\nafter = []\n'
SOME = '[[step]]\nkind = "directory"\nname = "some"\npath = "/some"\nnodes = "1-2"\nretries = 3\ntimeout = "7s"\n'
LICENCE = '[[step]]\nkind = "run"\ncommand = ["/bin/true"]\nname = "licence"\nwhere = "front-end"\n'
PLAN = HOSTNAME + TREE + SOME + LICENCE
SLOW = '[[step]]\nkind = "run"\nname = "slow"\ncommand = ["/bin/sleep", "1"]\n'
MODULE = '[[step]]\nkind = "module"\nname = "modules"\nmodules = ["nodeinit_no_such"]\n'


class Plan(lab.LabTest):
    def cluster(self, plan, nodes=3):
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="plan-")))
        (self.dir / "tree").mkdir()
        for name in ("a", "b"):
            (self.dir / "tree" / name).write_text(name * 1000)
        (self.dir / "hooks").mkdir()
        hook = self.dir / "hooks" / "10-dns"
        hook.write_text("#!/bin/sh\n")
        hook.chmod(0o755)
        self.plan = self.dir / "node_up.toml"
        self.write(plan)
        return self.lab(nodes=nodes, config=f'[node_up]\nplan = "{self.plan}"\nhooks = "{self.dir}/hooks"\n')

    def write(self, plan):
        self.plan.write_text(plan.replace("DIR", str(self.dir)))

    def test_the_plan_is_shown(self):
        cluster = self.cluster(PLAN)
        steps = json.loads(cluster.ctl("plan", "show", "--json").stdout)
        self.assertEqual([(step["step"], step["kind"], step["where"]) for step in steps],
                         [("hostname", "hostname", "node"), ("tree", "file", "node"), ("some", "directory", "node"),
                          ("licence", "run", "front-end"), ("hook 10-dns", "hook", "front-end")])
        self.assertEqual((steps[2]["retries"], steps[2]["timeout_seconds"], steps[2]["nodes"]), (3, 7, "1-2"))
        self.assertEqual(steps[2]["after"], ["hostname", "tree"])
        self.assertIn("licence", cluster.ctl("plan", "show").stdout)

    def test_the_plan_is_tried_without_doing_it(self):
        cluster = self.cluster(PLAN)
        cluster.wait_up()
        cluster.nodelab("power-cut", 2)
        cluster.wait("2", "down")
        (self.dir / "tree" / "c").write_text("new")
        groups = json.loads(cluster.ctl("plan", "dry-run", "all", "--json").stdout)
        self.assertEqual([group["nodes"] for group in groups], [[0], [1], [2]])  # each has its own host name
        steps = {step["step"]: step for step in groups[2]["steps"]}
        self.assertEqual(steps["hostname"]["what"], "worker-2")
        self.assertEqual((steps["tree"]["files"], steps["tree"]["bytes"]), (3, 2003))
        self.assertTrue(steps["some"]["applies"])
        self.assertFalse(next(step for step in groups[0]["steps"] if step["step"] == "some")["applies"])
        self.assertEqual(steps["hook 10-dns"]["kind"], "hook")
        self.assertFalse(pathlib.Path(f"/proc/{cluster.pid1(0)}/root/etc/tree/c").exists())
        # Without what differs, nodes are told together.
        self.write(TREE + SOME + LICENCE)
        self.reload(cluster)
        text = cluster.ctl("plan", "dry-run", "all").stdout
        self.assertIn("node 0:\n", text)
        self.assertIn("nodes 1-2:\n", text)
        self.assertIn("not for it: some\n", text)

    def reload(self, cluster):
        os.kill(cluster.nodemaster(), signal.SIGHUP)
        lab.eventually(lambda: "took over" in cluster.frontend_log(), "the plan has been taken over")

    def test_what_cannot_be_done_is_told(self):
        cluster = self.cluster(PLAN)
        cluster.wait_up()
        self.write(PLAN + MODULE)
        self.reload(cluster)
        os.rename(self.dir / "tree", self.dir / "gone")
        done = cluster.ctl("plan", "dry-run", "0", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"PROBLEM: {self.dir}/tree: No such file or directory", done.stdout)
        self.assertIn(f"PROBLEM: the front end has no /lib/modules/{os.uname().release}"
                      if not pathlib.Path("/lib/modules", os.uname().release).exists() else "PROBLEM: ", done.stdout)
        # As a real set-up says it.
        self.assertEqual(cluster.ctl("up", "0", check=False).returncode, 1)
        self.assertIn("step tree: ", cluster.status(0)["reason"])

    def test_the_plans_files_are_checked(self):
        cluster = self.cluster(PLAN)
        done = cluster.ctl("plan", "check")
        self.assertEqual(done.stdout, "OK: nodemaster would take it over\n")
        self.write(PLAN + '[[step]]\nkind = "directory"\npath = "here"\n[[step]]\nkind = "libraries"\n'
                   'libraries = ["/no/such/lib.so"]\n[[step]]\nkind = "file"\nsource = "no-such"\npath = "/x"\n')
        done = cluster.ctl("plan", "check", check=False)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 3, done.stdout)
        last = len(self.plan.read_text().splitlines())
        for line, (number, word) in zip(lines, ((last - 7, "path"), (last - 6, "/no/such/lib.so"), (last - 1, "no-such")), strict=True):
            self.assertTrue(line.startswith(f"{self.plan}:{number}: "), line)
            self.assertIn(word, line)
        # What holds has not changed.
        self.assertEqual(len(json.loads(cluster.ctl("plan", "show", "--json").stdout)), 5)

    def test_modules_are_those_of_the_nodes_kernel(self):
        cluster = self.cluster(MODULE + 'directory = "DIR/{kernel}"\n')
        cluster.wait("all", "error")
        self.assertIn(f"step modules: the front end has no {self.dir}/{os.uname().release}", cluster.status(0)["reason"])
        folder = self.dir / os.uname().release
        folder.mkdir()
        (folder / "modules.dep").write_text("kernel/nodeinit_no_such.ko:\n")
        (folder / "kernel").mkdir()
        (folder / "kernel" / "nodeinit_no_such.ko").write_text("no module")
        groups = json.loads(cluster.ctl("plan", "dry-run", "all", "--json").stdout)
        self.assertEqual([group["nodes"] for group in groups], [[0, 1, 2]])
        self.assertEqual((groups[0]["steps"][0]["what"], groups[0]["steps"][0]["files"]), ("nodeinit_no_such", 1))


class Follow(lab.LabTest):
    def test_progress_is_told_line_by_line(self):
        cluster = self.lab(nodes=3, plan=SOME + SLOW)
        cluster.wait_up()
        done = cluster.ctl("up", "-f", "all")
        for node in range(3):
            self.assertIn(f"n{node}: up\n", done.stdout)
            self.assertRegex(done.stdout, f"n{node}: step slow \\([12] of [12]\\)")
        lines = [json.loads(line) for line in cluster.ctl("up", "-f", "--json", "all").stdout.splitlines()]
        self.assertEqual(sorted(line["node"] for line in lines if line.get("succeeded")), [0, 1, 2])
        self.assertTrue(any(line.get("step") == "step slow" for line in lines))

    def test_a_terminal_gets_a_block_that_is_drawn_anew(self):
        cluster = self.lab(nodes=3, plan=SLOW)
        cluster.wait_up()
        cluster.nodelab("power-cut", 2)
        cluster.wait("2", "down")
        ours, theirs = pty.openpty()
        # Its terminal is asked to be as wide as one is.
        command = [lab.NODELAB, "ctl", "--name", cluster.name, "--", "up", "-f", "all"]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        screen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # EIO: nobody has the other end any more
                break
            screen += piece
        os.close(ours)
        self.assertEqual(process.wait(lab.PATIENCE), 1)
        text = screen.decode().replace("\r\n", "\n")
        self.assertIn("\x1b[J", text)
        self.assertIn("2 at work", text)
        self.assertIn("step slow (1 of 1)", text)
        tail = text.rsplit("\x1b[J", 1)[1]
        self.assertIn("3 nodes: 2 up, 1 failed, 0 at work\n", tail)
        for said in ("n0: up\n", "n1: up\n", "nodectl: n2: down"):
            self.assertIn(said, tail)


if __name__ == "__main__":
    lab.main()
