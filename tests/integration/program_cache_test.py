#!/usr/bin/python3
"""The node's cache of moved programs: bounded, with what is used left alone, and fetched again when it is wanted."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import lab

MIB = 1 << 20
LIMIT = 24 * MIB
SIZE = 7 * MIB  # of a program, about
CONFIG = '[heartbeat]\ninterval = "200ms"\nsilence_limit = "20s"\n'
PLAN = """
[[step]]
kind = "mount"
type = "tmpfs"
target = "/tmp"
[[step]]
kind = "libraries"
programs = ["/bin/sleep"]
"""


class ProgramCache(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=1, config=CONFIG, plan=PLAN, node_argument=f"cache.size={LIMIT // MIB}m")
        cls.cluster.wait_up()
        # /var/tmp is on the node's root; what is below /tmp runs from /run/nodeinit/programs there.
        folders = [tempfile.TemporaryDirectory(dir=place) for place in ("/var/tmp", "/tmp")]
        for folder in folders:
            cls.addClassCleanup(folder.cleanup)
        cls.on_root, cls.elsewhere = (pathlib.Path(folder.name) for folder in folders)

    def program(self, folder, name):
        """/bin/sleep with so many bytes of its own behind it that each is another content."""
        path = folder / name
        shutil.copy("/bin/sleep", path)
        with path.open("ab") as file:
            file.write(os.urandom(SIZE))
        return path

    def run_on(self, *words, **options):
        return self.cluster.ctl("run", "0", "--", *words, **options)

    def usage(self, key):
        return self.cluster.status(0)["usage"][key]

    def on_node(self, path):
        return pathlib.Path(f"/proc/{self.cluster.pid1(0)}/root{path}")

    def test_the_cache_is_bounded_and_what_runs_stays(self):
        kept = self.program(self.on_root, "kept")
        running = subprocess.Popen([lab.NODELAB, "ctl", "--name", self.cluster.name, "--", "run", "0", "--", kept, "1000"], cwd="/")
        self.addCleanup(running.wait)
        self.addCleanup(running.terminate)
        lab.eventually(lambda: self.on_node(kept).exists(), "the program is on the node")
        before = self.usage("file_bytes")
        fetched = self.usage("fetched_bytes")
        programs = [self.program(folder, f"p{number}") for number in range(4) for folder in (self.on_root, self.elsewhere)]
        for path in programs:
            self.run_on(path, "0")
        lab.eventually(lambda: self.usage("fetched_bytes") >= fetched + len(programs) * SIZE, "the node has said what it fetched")
        lab.eventually(lambda: self.usage("file_bytes") < before + LIMIT + SIZE // 2, "the cache is within its bound")
        self.assertTrue(self.on_node(kept).exists())
        self.assertFalse(self.on_node(programs[0]).exists())
        self.assertTrue(self.on_node(programs[-2]).exists())
        # The libraries are the plan's, whatever the cache does.
        self.assertTrue(self.on_node("/lib/x86_64-linux-gnu/libc.so.6").exists())
        # Used again: what has gone is fetched, what is there is not.
        fetched = self.usage("fetched_bytes")
        self.run_on(programs[-1], "0")
        self.run_on(programs[0], "0")
        lab.eventually(lambda: self.usage("fetched_bytes") > fetched, "the program that had gone was fetched")
        self.assertLess(self.usage("fetched_bytes"), fetched + SIZE + MIB)
        self.assertEqual(self.cluster.status(0)["state"], "up")
        self.assertNotIn("cache not trimmed", self.cluster.console(0))

    def test_the_plan_goes_on_while_programs_come_and_go(self):
        for number in range(4):
            self.run_on(self.program(self.on_root, f"q{number}"), "0")
        self.cluster.ctl("up", "0")
        self.run_on("/bin/sleep", "0")


if __name__ == "__main__":
    lab.main()
