#!/usr/bin/python3
"""Files of the node-up plan: trees and libraries arrive whole, once, and across a connection that breaks."""

import hashlib
import os
import pathlib
import tempfile

import lab

QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "4s"\n'
PYTHON = """
[[step]]
kind = "libraries"
programs = ["/usr/bin/python3", "/bin/bash"]
[[step]]
kind = "file"
name = "standard library"
source = "{stdlib}"
path = "{stdlib}"
exclude = ["__pycache__", "test", "config-*"]
after = []
[[step]]
kind = "file"
name = "hosts"
path = "/etc/hosts"
content = "127.0.0.1 localhost\\n{address} {name} # {node}\\n"
after = []
"""
LIBRARIES = """
[[step]]
kind = "libraries"
programs = ["/bin/bash"]
"""
LARGE = """
[[step]]
kind = "file"
source = "{source}"
path = "/large"
"""
SIZE = 200 << 20


def megabytes_of(row):
    return row["usage"]["fetched_bytes"] / (1 << 20)


def links_below(folder):
    """Symbolic links and where they lead, links to folders not followed."""
    return {str(path): os.readlink(path) for path in sorted(folder.rglob("*")) if path.is_symlink()}


class Files(lab.LabTest):
    def test_libraries_and_moved_programs_leave_each_other_alone(self):
        cluster = self.lab(plan=LIBRARIES, config=QUICK)
        cluster.wait_up()
        root = pathlib.Path(f"/proc/{cluster.pid1(0)}/root")
        links = links_below(root / "usr") | links_below(root / "lib") | links_below(root / "lib64")
        for _ in range(2):
            self.assertEqual(cluster.ctl("run", "0", "--", "/bin/bash", "-c", "echo hello").stdout, "hello\n")
            twice = [path.name for path in (root / "run/nodeinit/cache").iterdir() if path.stat().st_nlink == 1]
            self.assertEqual(twice, [], "content that the plan has placed is the cache's too")
            self.assertEqual(links_below(root / "usr") | links_below(root / "lib") | links_below(root / "lib64"), links)
            before = cluster.console(0).count(": nothing to do")
            cluster.ctl("up", "0")
            lab.eventually(lambda: cluster.console(0).count(": nothing to do") == before + 1, "no step has anything to do")

    def test_an_interpreter_with_its_libraries_works_and_comes_once(self):
        code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
        stdlib = lab.run(["/usr/bin/python3", "-c", code]).stdout.strip()
        cluster = self.lab(nodes=2, plan=PYTHON.replace("{stdlib}", stdlib), config=QUICK)
        cluster.wait_up()
        code = "import json, os; print(json.dumps(os.listdir('/etc')), open('/etc/hosts').read().split()[3])"
        done = cluster.ctl("run", "-l", "all", "--", "/usr/bin/python3", "-c", code)
        for node in (0, 1):
            self.assertRegex(done.stdout, f'n{node}: .*"ld.so.cache".* n{node}\n')
        lab.eventually(lambda: all(megabytes_of(row) > 10 for row in cluster.status()), "what was fetched is reported")
        lab.eventually(lambda: all(row["usage"]["file_bytes"] > 10 << 20 for row in cluster.status()), "files count")

        before = self.fetched_by_now(cluster)
        cluster.ctl("up", "all")
        self.assertEqual(self.fetched_by_now(cluster), before)
        self.assertIn("standard library", cluster.ctl("boot-log", "0").stdout)
        self.assertRegex(cluster.console(0), "standard library: .*: nothing to do")

    def fetched_by_now(self, cluster):
        """What the nodes have fetched, as they say it after now."""
        wakeups = [row["usage"]["wakeups"] for row in cluster.status()]
        lab.eventually(lambda: all(row["usage"]["wakeups"] > old + 5 for row, old in zip(cluster.status(), wakeups)),
                       "the nodes have said how they are")
        return [row["usage"]["fetched_bytes"] for row in cluster.status()]

    def test_a_large_file_goes_on_where_it_was_when_the_connection_broke(self):
        with tempfile.NamedTemporaryFile() as source:
            digest = hashlib.sha256()
            for _ in range(SIZE >> 20):
                piece = os.urandom(1 << 20)
                digest.update(piece)
                source.write(piece)
            source.flush()
            cluster = self.lab(plan=LARGE.replace("{source}", source.name), config=QUICK, link_rate="200mbit")
            lab.eventually(lambda: megabytes_of(cluster.status(0)) > 20, "the file is on its way")
            cluster.nodelab("cut-link", 0)
            cluster.says(0, "front end lost")
            cluster.nodelab("restore-link", 0)
            cluster.wait_up(seconds=120)
            done = cluster.ctl("run", "0", "--", "/usr/bin/sha256sum", "/large")
            self.assertEqual(done.stdout.split()[0], digest.hexdigest())
            lab.eventually(lambda: cluster.status(0)["usage"]["fetched_bytes"] >= SIZE, "all of it is counted")
            self.assertLess(megabytes_of(cluster.status(0)), (SIZE >> 20) * 1.05, "it has begun anew")
            pid1 = pathlib.Path(f"/proc/{cluster.pid1(0)}/status").read_text()
            anonymous = next(int(line.split()[1]) for line in pid1.splitlines() if line.startswith("RssAnon:"))
            self.assertLess(anonymous, 32 << 10, "PID 1 holds a file in its memory")

    def test_a_file_that_changes_while_it_is_read_fails_the_step_and_says_so(self):
        with tempfile.NamedTemporaryFile() as source:
            source.write(bytes(60 << 20))
            source.flush()
            cluster = self.lab(plan=LARGE.replace("{source}", source.name), config=QUICK, link_rate="100mbit")
            lab.eventually(lambda: megabytes_of(cluster.status(0)) > 5, "the file is on its way")
            source.seek(55 << 20)
            source.write(b"in place")
            source.flush()
            cluster.wait(0, "error", seconds=120)
            self.assertRegex(cluster.status(0)["reason"], "step file /large: .*/large: .*the file has changed on the front end")
            self.assertEqual(cluster.ctl("run", "0", "--", "/bin/ls", "/", check=False).stdout.count("large"), 0)
            cluster.ctl("up", "0", timeout=120)
            with open(source.name, "rb") as changed:
                digest = hashlib.file_digest(changed, "sha256").hexdigest()
            self.assertEqual(cluster.ctl("run", "0", "--", "/usr/bin/sha256sum", "/large").stdout.split()[0], digest)


if __name__ == "__main__":
    lab.main()
