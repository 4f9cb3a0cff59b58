#!/usr/bin/python3
"""Hooks on the front end: what they are told, in which order and how many at once they run, and what becomes of their failures."""

import json
import os
import pathlib
import tempfile

import lab

# Leaves what it was told in a file of its own: the environment first, then stdin.
TELL = """#!/bin/sh
{ env; echo ---; cat; } > DIR/$HOOK-$NODE.part
mv DIR/$HOOK-$NODE.part DIR/$HOOK-$NODE
echo "$NODE_NAME is here"
"""
# Says in a file how many of its kind there are, as it begins and as it ends, for which it is told.
COUNT = """#!/bin/sh
touch DIR/runs.$NODE
ls DIR | grep -c runs. >> DIR/counts
until [ -e DIR/go ]; do sleep 0.05; done
ls DIR | grep -c runs. >> DIR/counts
rm DIR/runs.$NODE
"""
# Has a child that holds its group and would outlive it.
HANG = """#!/bin/sh
sleep 987 &
echo $$ $! > DIR/pids
echo "waits for the licence server"
wait
"""
FAIL = '#!/bin/sh\necho looking\necho "no zone for $NODE_NAME" >&2\nexit 3\n'


class Hooks(lab.LabTest):
    def cluster(self, nodes, up=None, down=None, settings="", **options):
        """A lab with these hooks; DIR in them is a directory of this test."""
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="hooks-")))
        for key, hooks in (("up", up), ("down", down)):
            (self.dir / key).mkdir()
            for name, text in (hooks or {}).items():
                path = self.dir / key / name
                path.write_text(text.replace("DIR", str(self.dir)))
                path.chmod(0o755)
        config = f'[node_up]\nhooks = "{self.dir}/up"\ndown_hooks = "{self.dir}/down"\n{settings}'
        return self.lab(nodes=nodes, config=config + options.pop("config", ""), **options)

    def told(self, event, node):
        text = lab.eventually(lambda: (self.dir / f"{event}-{node}").exists() and (self.dir / f"{event}-{node}").read_text(),
                              f"{event} hook of node {node}")
        env, stdin = text.split("---\n")
        return dict(line.split("=", 1) for line in env.splitlines() if "=" in line), json.loads(stdin)

    def test_hooks_are_told_of_their_node(self):
        cluster = self.cluster(3, up={"10-tell": TELL}, down={"10-tell": TELL},
                               config='[heartbeat]\ninterval = "1s"\nsilence_limit = "5s"\n')
        cluster.wait_up()
        for node in range(3):
            env, facts = self.told("node_up", node)
            self.assertEqual((env["HOOK"], env["NODE"], env["NODE_NAME"], env["NODE_ADDRESS"], env["NODE_STATE"]),
                             ("node_up", str(node), f"n{node}", f"10.9.1.{node}", "boot"))
            self.assertEqual((env["NODE_MAC"], env["NODE_KERNEL"]), (f"52:54:00:09:00:0{node}", os.uname().release))
            self.assertEqual((facts["hook"], facts["node"], facts["name"], facts["kernel"]),
                             ("node_up", node, f"n{node}", os.uname().release))
            self.assertEqual(float(env["NODE_BOOT_SECONDS"]), facts["boot_seconds"])
            self.assertIn(f"hook 10-tell: n{node} is here", cluster.ctl("log", str(node)).stdout)
        cluster.nodelab("power-cut", 1)
        env, facts = self.told("node_down", 1)
        self.assertEqual((env["HOOK"], env["NODE"], env["NODE_STATE"]), ("node_down", "1", "down"))
        self.assertEqual(env["NODE_REASON"], facts["reason"])
        self.assertTrue(facts["reason"])
        self.assertGreater(facts["boot_seconds"], 0)
        lab.eventually(lambda: "node_down hook 10-tell: n1 is here" in cluster.ctl("log", "1").stdout, "its output is there")
        self.assertFalse((self.dir / "node_down-0").exists())
        # It comes back, and is greeted again.
        (self.dir / "node_up-1").unlink()
        cluster.nodelab("power-on", 1)
        cluster.wait_up()
        self.told("node_up", 1)
        cluster.ctl("poweroff", "2")
        self.assertIn("power", self.told("node_down", 2)[1]["reason"])

    def test_a_hook_that_fails_is_the_nodes_reason(self):
        cluster = self.cluster(3, up={"10-tell": TELL, "20-dns": FAIL}, down={"10-dns": FAIL})
        cluster.wait("all", "error")
        for row in cluster.status():
            self.assertEqual(row["reason"], f"hook 20-dns: exit status 3: no zone for {row['name']}")
        log = cluster.ctl("log", "0", "--json").stdout
        texts = [json.loads(line)["text"] for line in log.splitlines()]
        for text in ("hook 10-tell: n0 is here", "hook 20-dns: looking", "hook 20-dns: no zone for n0"):
            self.assertIn(text, texts)
        # One that fails as the node goes changes nothing, and is counted.
        cluster.nodelab("power-cut", 0)
        cluster.wait("0", "down")
        lab.eventually(lambda: self.failed_hooks(cluster) == {"node_up": 3, "node_down": 1}, "failures are counted")
        self.assertIn("n0: node_down hook 10-dns failed: exit status 3: no zone for n0", cluster.frontend_log())

    def failed_hooks(self, cluster):
        rows = json.loads(cluster.ctl("metrics", "--json").stdout)
        return {row["labels"]["event"]: row["value"] for row in rows if row["name"] == "nodemaster_failed_hooks_total"}

    def test_a_hook_is_killed_at_its_limit_with_its_children(self):
        cluster = self.cluster(1, up={"10-licence": HANG}, settings='hook_timeout = "2s"\n')
        cluster.wait("all", "error")
        self.assertEqual(cluster.status(0)["reason"], "hook 10-licence: took longer than its time limit of 2 s and was killed: "
                         "waits for the licence server")
        pids = (self.dir / "pids").read_text().split()
        self.assertEqual(len(pids), 2)
        lab.eventually(lambda: not any(runs(pid) for pid in pids), "hook and child are gone")

    def test_no_more_hooks_run_at_once_than_are_allowed(self):
        cluster = self.cluster(6, up={"10-count": COUNT}, settings="hooks_at_once = 2\n")
        reasons = 2 * ["hook 10-count (front end)"] + 4 * ["waiting for its turn: hook 10-count"]
        lab.eventually(lambda: sorted(row["reason"] for row in cluster.status()) == reasons, "four nodes wait for their turn")
        (self.dir / "go").touch()
        cluster.wait_up()
        counts = [int(line) for line in (self.dir / "counts").read_text().split()]
        self.assertEqual((len(counts), max(counts)), (12, 2))

    def test_nodemaster_says_what_becomes_of_hooks_as_it_ends(self):
        cluster = self.cluster(1, up={"10-licence": HANG})
        lab.eventually(lambda: (self.dir / "pids").exists() and (self.dir / "pids").read_text().split(), "the hook runs")
        pids = (self.dir / "pids").read_text().split()
        cluster.nodelab("stop-frontend")
        self.assertIn("n0: hook 10-licence: killed, as nodemaster ends", cluster.frontend_log())
        lab.eventually(lambda: not any(runs(pid) for pid in pids), "hook and child are gone")


def runs(pid):
    """Whether there is such a process, and not only what is left of it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    lab.main()
