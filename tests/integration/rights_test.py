#!/usr/bin/python3
"""Who may start processes on a node: owner, group and mode; nodes that are unavailable; and that nodemaster forgets
neither when it is started anew."""

import json
import os
import shutil
import tempfile

import lab

ALICE, BOB, TEAM = 64001, 64002, 64100
# As subprocess takes them. Nobody has such an account: what counts is what the kernel says.
CALLERS = {
    "root": {"user": 0, "group": 0, "extra_groups": []},
    "alice": {"user": ALICE, "group": ALICE, "extra_groups": []},
    "bob, of the team": {"user": BOB, "group": BOB, "extra_groups": [TEAM]},
    "somebody": {"user": 64003, "group": 64003, "extra_groups": []},
}
CONFIG = f"""
[[nodes]]
range = "0-1"
mac = "52:54:00:09:00:00"
address = "10.9.1.0"
owner = "{ALICE}"
group = "{TEAM}"
mode = "0100"
"""


class Rights(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2)
        cls.cluster.wait_up()
        # Where whoever it is may execute it.
        folder = tempfile.TemporaryDirectory(prefix="nodectl-")
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.nodectl = shutil.copy(lab.PROGRAMS / "nodectl", folder.name)
        os.chmod(cls.nodectl, 0o755)
        cls.socket = str(cls.cluster.state / "control.sock")

    def ask(self, caller, *words):
        return lab.run([self.nodectl, "--socket", self.socket, *words], check=False, cwd="/", **CALLERS[caller])

    def done(self, caller, *words):
        result = self.ask(caller, *words)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def who_may_run(self, node="0"):
        may = set()
        for caller in CALLERS:
            result = self.ask(caller, "run", node, "--", "/bin/true")
            self.assertIn(result.returncode, (0, 126), result.stdout + result.stderr)
            if result.returncode == 0:
                may.add(caller)
        return may

    def rights_of(self, node):
        row = self.cluster.status(node)
        return row["owner"], row["group"], row["mode"]

    def restart(self):
        self.cluster.nodelab("stop-frontend", "--kill")
        self.cluster.nodelab("start-frontend")

    def test_1_nodes_are_roots_at_first(self):
        self.assertEqual(self.rights_of(0), (0, 0, "0110"))
        self.assertEqual(self.who_may_run(), {"root"})

    def test_2_owner_group_and_others(self):
        self.done("root", "chown", str(ALICE), "0")
        self.done("root", "chgrp", str(TEAM), "0")
        for mode, may in (("0", set()), ("100", {"alice"}), ("010", {"bob, of the team"}), ("001", {"somebody"}),
                          ("111", {"alice", "bob, of the team", "somebody"})):
            with self.subTest(mode=mode):
                self.done("root", "chmod", mode, "0")
                self.assertEqual(self.who_may_run(), may | {"root"})
        self.assertEqual(self.who_may_run("1"), {"root"})

    def test_3_the_refusal_says_whose_the_node_is(self):
        self.done("root", "chmod", "100", "0")
        result = self.ask("somebody", "run", "0", "--", "/bin/true")
        self.assertEqual(result.returncode, 126)
        self.assertEqual(result.stderr, "nodectl: node 0: uid 64003 may not start processes there: owner "
                                        f"{ALICE}, group {TEAM}, mode 0100\n")
        # One node of several: the others' processes run.
        result = self.ask("alice", "run", "0-1", "--", "/usr/bin/id", "-u")
        self.assertEqual((result.returncode, result.stdout), (126, f"{ALICE}\n"))

    def test_4_the_owner_may_change_the_mode_and_nothing_else(self):
        self.done("alice", "chmod", "110", "0")
        self.assertEqual(self.who_may_run(), {"root", "alice", "bob, of the team"})
        for words in (["chown", str(BOB), "0"], ["chgrp", str(ALICE), "0"], ["chmod", "111", "1"],
                      ["set", "0", "unavailable"]):
            with self.subTest(words=words):
                result = self.ask("alice", *words)
                self.assertEqual(result.returncode, 1)
                self.assertIn("permission denied", result.stderr)
        self.assertEqual(self.rights_of(0), (ALICE, TEAM, "0110"))

    def test_5_unavailable(self):
        before = {row["node"]: row for row in self.cluster.status()}
        self.done("root", "set", "0", "unavailable")
        self.assertEqual(self.cluster.status(0)["state"], "unavailable")
        self.assertEqual(self.cluster.status(0)["reason"], "set so by an operator")
        self.assertEqual(self.ask("alice", "run", "0", "--", "/bin/true").returncode, 1)
        self.done("root", "run", "0", "--", "/bin/true")
        self.assertEqual([row["node"] for row in json.loads(self.done("root", "status", "--json", "up").stdout)], [1])
        result = self.ask("root", "wait", "0", "--timeout", "60s")
        self.assertEqual(result.returncode, 1)
        self.assertIn("node 0 not up but unavailable", result.stderr)
        # The plan is carried out as ever; the node is not up for that.
        self.done("root", "up", "0")
        self.done("root", "reboot", "0")
        self.done("root", "wait", "0", "--state", "unavailable", "--timeout", "60s")
        self.restart()
        self.done("root", "wait", "0", "--state", "unavailable", "--timeout", "60s")
        self.assertEqual(self.rights_of(0), tuple(before[0][key] for key in ("owner", "group", "mode")))
        self.done("root", "set", "unavailable", "available")
        self.assertEqual(self.cluster.status(0)["state"], "up")

    def test_6_a_broken_state_file_is_put_aside(self):
        state = self.cluster.state / "state"
        self.cluster.wait_up()
        state.joinpath("nodes.toml").write_text("this is [ no TOML\n")
        self.restart()
        self.cluster.wait_up()
        self.assertEqual(self.rights_of(0), (0, 0, "0110"))
        self.assertIn("nodes.toml:1: ", self.cluster.frontend_log())
        self.assertTrue(state.joinpath("nodes.toml.broken").exists())

    def test_7_rights_of_the_configuration(self):
        cluster = self.lab(nodes=2, config=CONFIG)
        self.assertEqual([(row["owner"], row["group"], row["mode"]) for row in cluster.status()],
                         [(ALICE, TEAM, "0100")] * 2)


if __name__ == "__main__":
    lab.main()
