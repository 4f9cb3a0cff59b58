#!/usr/bin/python3
"""The control socket: who may ask for what, and that no user keeps out another."""

import os
import pathlib
import re
import shutil
import socket
import stat
import tempfile

import lab

GROUP = "users"  # every Debian has it
GID = 100
NOBODY = 65534
OTHER = 65533
# As subprocess takes them: uid, group, supplementary groups.
CALLERS = {
    "root": {"user": 0, "group": 0, "extra_groups": []},
    "admin, primary group": {"user": NOBODY, "group": GID, "extra_groups": []},
    "admin, supplementary group": {"user": NOBODY, "group": NOBODY, "extra_groups": [3, GID]},
    "anyone": {"user": NOBODY, "group": NOBODY, "extra_groups": [3]},
}
# In an order in which each finds the node up.
VERBS = {
    "status": ["status"],
    "wait": ["wait", "0", "--timeout", "60s"],
    "boot-log": ["boot-log", "0"],
    "services": ["services"],
    "metrics": ["metrics"],
    "log": ["log", "0"],
    "run": ["run", "0", "--", "/bin/true"],
    "up": ["up", "0"],
    "reboot": ["reboot", "0"],
}
FOR_ANYONE = {"status", "wait", "boot-log", "services", "metrics"}
# Whether it is carried out, the node's rights decide.
BY_NODE = {"run"}


class ControlSocket(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=1, config=f'[front_end]\nadmin_group = "{GROUP}"\n')
        cls.cluster.wait_up()
        # Where whoever it is may execute it.
        folder = tempfile.TemporaryDirectory(prefix="nodectl-")
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.nodectl = shutil.copy(lab.PROGRAMS / "nodectl", folder.name)
        os.chmod(cls.nodectl, 0o755)
        cls.socket = str(cls.cluster.state / "control.sock")

    def ask(self, caller, *words):
        return lab.run([self.nodectl, "--socket", self.socket, *words], check=False, cwd="/", **caller)

    def metric(self, name):
        text = self.ask(CALLERS["root"], "metrics").stdout
        return int(re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE).group(1))

    def refused(self, reason):
        return self.metric(f'nodemaster_refused_requests_total{{reason="{reason}"}}')

    def crowd(self, count, uid):
        """Idle connections of a user, for as long as this test runs. He leaves: the credentials are those of connect(2)."""
        connections = []
        self.addCleanup(lambda: [connection.close() for connection in connections])
        os.seteuid(uid)
        try:
            for _ in range(count):
                connection = socket.socket(socket.AF_UNIX)
                connections.append(connection)
                connection.connect(self.socket)
        finally:
            os.seteuid(0)
        return connections

    def test_everybody_may_connect(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o666)

    def test_verbs_by_role(self):
        for who, caller in CALLERS.items():
            for verb, words in VERBS.items():
                with self.subTest(who=who, verb=verb):
                    self.cluster.wait_up()
                    done = self.ask(caller, *words)
                    if who != "anyone" or verb in FOR_ANYONE:
                        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                        continue
                    if verb in BY_NODE:
                        self.assertEqual(done.returncode, 126, done.stdout + done.stderr)
                        self.assertIn(f"uid {NOBODY} may not start processes there: owner 0, group {GID}, mode 0110", done.stderr)
                        continue
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertEqual(done.stderr, f"nodectl: permission denied: '{verb}' needs root or a member of group "
                                                  f"{GROUP} (you are uid {NOBODY})\n")
        self.assertEqual(self.ask(CALLERS["anyone"], "poweroff", "0").returncode, 1)
        self.assertIn(f"uid {NOBODY}: permission denied: 'poweroff'", self.cluster.frontend_log())
        self.assertIn(f"uid {NOBODY}: permission denied: node 0: uid {NOBODY} may not start", self.cluster.frontend_log())
        self.assertEqual(self.refused("permission"), 5)

    def test_a_program_runs_as_its_caller(self):
        self.cluster.wait_up()
        caller = CALLERS["admin, supplementary group"]
        shown = self.ask(caller, "run", "0", "--", "/usr/bin/id").stdout
        self.assertIn(f"uid={NOBODY}", shown)
        self.assertIn(f"gid={NOBODY}", shown)
        self.assertEqual(set(re.search(r"groups=(\S+)", shown).group(1).split(",")) - {str(NOBODY)}, {"3", str(GID)})

    def test_a_program_is_read_as_its_caller(self):
        self.cluster.wait_up()
        program = pathlib.Path(self.nodectl).with_name("for-the-group")
        shutil.copy(lab.PROGRAMS / "nodectl", program)
        os.chown(program, 0, GID)
        program.chmod(0o750)
        for who in ("root", "admin, primary group", "admin, supplementary group"):
            with self.subTest(who=who):
                done = self.ask(CALLERS[who], "run", "0", "--", str(program), "--help")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_crowd_keeps_out_nobody_else(self):
        before = self.refused("busy")
        connections = self.crowd(300, NOBODY)
        self.assertEqual(self.ask(CALLERS["root"], "status").returncode, 0)
        other = {"user": OTHER, "group": OTHER, "extra_groups": []}
        self.assertEqual(self.ask(other, "status").returncode, 0)
        done = self.ask(CALLERS["anyone"], "status")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"nodectl: nodemaster is busy: uid {NOBODY} has 16 connections already; "
                                      "end some of its commands\n")
        self.assertEqual(self.refused("busy") - before, 300 - 16 + 1)
        self.assertLess(self.cluster.frontend_log().count("nodemaster is busy"), 31)
        for connection in connections:
            connection.close()
        lab.eventually(lambda: self.ask(CALLERS["anyone"], "status").returncode == 0, "there are places again")

    def test_metrics_are_what_prometheus_reads(self):
        self.cluster.wait_up()
        text = self.ask(CALLERS["anyone"], "metrics").stdout
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) nodemaster_\w+ .+|nodemaster_\w+({\w+="\w+"})? \d+)$')
        self.assertEqual(self.metric('nodemaster_nodes{state="up"}'), 1)
        self.assertEqual(self.metric("nodemaster_nodes_connected"), 1)


if __name__ == "__main__":
    lab.main()
