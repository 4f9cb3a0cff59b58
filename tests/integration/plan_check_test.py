#!/usr/bin/python3
"""nodemaster check names every mistake of a configuration and its plan with file, line and reason."""

import pathlib
import shutil
import tempfile
import unittest

import lab

CLUSTER = """name = "lab"
insecure = true
[front_end]
interface = "lo"
address = "10.9.0.1"
[[nodes]]
range = "0-3"
mac = "52:54:00:09:00:00"
address = "10.9.1.0"
[node_up]
plan = "node_up.toml"
"""
STEP = "[[step]]\n"

# Plan, line of the mistake, words that the message has to have.
BAD_PLANS = {
    "an unknown step": (STEP + 'kind = "teleport"\n', 2, ["teleport", "mount"]),
    "a step without kind": (STEP + 'name = "what"\n', 1, ["kind"]),
    "a missing file": (STEP + 'kind = "file"\npath = "/etc/motd"\nsource = "no-such-motd"\n', 4, ["no-such-motd"]),
    "a device without numbers": (STEP + 'kind = "device"\npath = "/dev/x"\ntype = "char"\n', 1, ["major"]),
    "a relative path": (STEP + 'kind = "directory"\npath = "here"\n', 3, ["path", "absolute"]),
    "a misspelt key": (STEP + 'kind = "directory"\npath = "/d"\nmod = "0755"\n', 4, ["mod"]),
    "a mode that is none": (STEP + 'kind = "directory"\npath = "/d"\nmode = "0999"\n', 4, ["mode"]),
    "an NFS mount from nowhere": (STEP + 'kind = "mount"\ntype = "nfs"\ntarget = "/home"\n', 3, ["source"]),
    "a version of NFS that is said twice": (STEP + 'kind = "mount"\ntype = "nfs"\nsource = "s:/e"\ntarget = "/h"\n'
                                            'options = "vers=3"\nversion = "4.2"\n', 7, ["vers", "say it once"]),
    "two steps of one name": (STEP + 'kind = "hostname"\n' + STEP + 'kind = "hostname"\n', 3, ["hostname"]),
    "a timeout without a unit that exists": (STEP + 'kind = "hostname"\ntimeout = "3 moons"\n', 3, ["3 moons"]),
    "nodes that are no set": (STEP + 'kind = "hostname"\nnodes = "7-3"\n', 3, ["nodes"]),
    "a program that is not there": (STEP + 'kind = "run"\ncommand = ["/no/such/program"]\n', 3, ["/no/such/program"]),
    "a value of the wrong type": (STEP + 'kind = "directory"\npath = ["/d"]\n', 3, ["path"]),
    "a path that leaves the root": (STEP + 'kind = "file"\npath = "/../etc/motd"\ncontent = "x"\n', 3, ["path", ".."]),
    "a source that is missing": (STEP + 'kind = "file"\npath = "/etc/motd"\n', 1, ["source"]),
    "a source that is no file": (STEP + 'kind = "file"\npath = "/n"\nsource = "/dev/null"\n', 4, ["/dev/null"]),
    "steps that wait for each other": (STEP + 'kind = "directory"\npath = "/a"\nname = "a"\nafter = ["b"]\n'
                                       + STEP + 'kind = "directory"\npath = "/b"\nname = "b"\nafter = ["a"]\n',
                                       5, ["'a' waits for 'b' waits for 'a'"]),
    "a step that nobody knows": (STEP + 'kind = "hostname"\nafter = ["dinner"]\n', 3, ["dinner"]),
    "TOML that is broken": (STEP + 'kind = "host\n', 2, []),
}


class Check(unittest.TestCase):
    def check(self, plan, cluster=CLUSTER):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "cluster.toml").write_text(cluster)
            pathlib.Path(folder, "node_up.toml").write_text(plan)
            done = lab.run([str(lab.PROGRAMS / "nodemaster"), "check", "--config", f"{folder}/cluster.toml"], check=False)
        return done.returncode, done.stdout + done.stderr

    def test_a_good_plan_passes(self):
        status, said = self.check((lab.TREE / "examples/node_up.toml").read_text())
        self.assertEqual(status, 0, said)

    def test_every_example_passes_once_it_has_keys(self):
        for example in sorted((lab.TREE / "examples").glob("*/cluster.toml")):
            with self.subTest(example.parent.name), tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(shutil.copytree(example.parent, f"{folder}/example"))
                check = [str(lab.PROGRAMS / "nodemaster"), "check", "--config", str(copy / "cluster.toml")]
                without = lab.run(check, check=False)
                self.assertEqual(without.returncode, 1)
                self.assertIn(f"nodemaster keygen {copy}/keys", without.stdout + without.stderr)
                lab.run([str(lab.PROGRAMS / "nodemaster"), "keygen", str(copy / "keys")])
                done = lab.run(check, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_mistake_is_named_with_its_line(self):
        for what, (plan, line, words) in BAD_PLANS.items():
            with self.subTest(what):
                status, said = self.check(plan)
                self.assertEqual(status, 1, said)
                complaint = next((text for text in said.splitlines() if f"node_up.toml:{line}:" in text), None)
                self.assertIsNotNone(complaint, f"nothing about line {line} in: {said}")
                for word in words:
                    self.assertIn(word, complaint)

    def test_a_file_that_may_not_be_read_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            pathlib.Path(folder, "secret").touch(mode=0o600)
            program = shutil.copy(lab.PROGRAMS / "nodemaster", folder)  # whoever he is, he may run it there
            pathlib.Path(folder, "cluster.toml").write_text(CLUSTER)
            pathlib.Path(folder, "node_up.toml").write_text(STEP + 'kind = "file"\npath = "/x"\nsource = "secret"\n')
            done = lab.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "check",
                            "--config", f"{folder}/cluster.toml"], check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout + done.stderr, f"node_up.toml:4: .*{folder}/secret.*Permission denied")

    def test_all_mistakes_are_told_at_once(self):
        status, said = self.check("".join(plan for plan, _, words in BAD_PLANS.values() if words))
        self.assertEqual(status, 1)
        self.assertGreaterEqual(said.count("node_up.toml:"), len(BAD_PLANS) - 1, said)

    def test_a_missing_plan_and_a_missing_configuration(self):
        status, said = self.check("", CLUSTER.replace("node_up.toml", "elsewhere.toml"))
        self.assertEqual((status, "elsewhere.toml" in said), (1, True), said)
        done = lab.run([str(lab.PROGRAMS / "nodemaster"), "check", "--config", "/no/such.toml"], check=False)
        self.assertEqual((done.returncode, "/no/such.toml" in done.stderr + done.stdout), (1, True), done)

    def test_mistakes_in_the_cluster_are_named_with_their_line(self):
        for wrong, right, line in (('range = "3-0"', 'range = "0-3"', 7), ('mac = "52:54"', 'mac = "52:54:00:09:00:00"', 8),
                                   ('address = "10.9.1"', 'address = "10.9.1.0"', 9)):
            with self.subTest(wrong):
                status, said = self.check("", CLUSTER.replace(right, wrong))
                self.assertEqual(status, 1, said)
                self.assertIn(f"cluster.toml:{line}:", said)


if __name__ == "__main__":
    lab.main()
