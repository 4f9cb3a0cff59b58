#!/usr/bin/python3
"""Copies to nodes and back: everything arrives as it was, nothing arrives elsewhere, and what cannot is said."""

import os
import pathlib
import stat
import subprocess

import lab

NODES = 16
PLAN = """
[[step]]
kind = "mount"
name = "small"
type = "tmpfs"
target = "/small"
size = "1m"
[[step]]
kind = "mount"
name = "space"
type = "tmpfs"
target = "/space"
"""
OLD = 1_000_000_000_123_456_789  # a time of modification, ns


def make_tree(root):
    """A tree with all that a copy has to get right."""
    (root / "empty directory").mkdir(parents=True)
    (root / "deep/er/est").mkdir(parents=True)
    (root / "deep/er/est/large").write_bytes(os.urandom(3_000_001))
    (root / "empty").touch()
    (root / "ü \n'\"").write_text("a name\n")
    for mode in (0o400, 0o640, 0o755):
        (root / f"mode {mode:o}").write_text(f"{mode:o}\n")
        (root / f"mode {mode:o}").chmod(mode)
    for number in range(200):
        (root / f"deep/{number}").write_text(str(number) * number)
    (root / "link").symlink_to("deep/er")
    (root / "dangling").symlink_to("/no/such/file")
    (root / "read only").mkdir()
    (root / "read only/file").write_text("in it\n")
    for path in (root / "empty", root / "read only"):
        os.utime(path, ns=(OLD, OLD))
    (root / "read only").chmod(0o555)


def describe(root, times=False):
    """What is there: kind, mode and content by path."""
    found = {}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = pathlib.Path(folder, name)
            facts = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            time = facts.st_mtime_ns if times and not path.is_symlink() else None
            found[str(path.relative_to(root))] = (stat.filemode(facts.st_mode), content, time)
    return found


class Copy(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=NODES, plan=PLAN)
        cls.cluster.wait_up()
        for program in ("/bin/sh", "/usr/bin/ln", "/usr/bin/chown", "/usr/bin/mkdir", "/usr/bin/rm"):
            cls.cluster.ctl("run", "-n", "all", "--", program, *(["-c", "true"] if program == "/bin/sh" else ["--version"]))
        cls.folder = pathlib.Path(cls.cluster.folder.name)
        cls.tree = cls.folder / "tree"
        make_tree(cls.tree)

    def cp(self, *words, **options):
        return self.cluster.ctl("cp", *words, check=False, timeout=120, **options)

    def copies(self, *words):
        done = self.cp(*words)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def on(self, nodes, script):
        return self.cluster.ctl("run", "-n", nodes, "--", "/bin/sh", "-c", script).stdout

    def test_a_tree_goes_to_a_node_and_comes_back_unchanged(self):
        self.copies("-rp", self.tree, "0:/space/there")
        back = self.folder / "back"
        self.copies("-r", "-p", "0:/space/there", back)
        self.assertEqual(describe(back, times=True), describe(self.tree, times=True))
        self.copies("-rp", self.tree, "0:/space/there")  # into what is there now
        self.copies("-rp", "0:/space/there/tree", self.folder / "again")
        self.assertEqual(describe(self.folder / "again", times=True), describe(self.tree, times=True))

    def test_without_p_the_umask_counts(self):
        source = self.folder / "open"
        source.write_text("text")
        source.chmod(0o666)
        previous = os.umask(0o027)
        try:
            self.copies(source, "0:/space/")
        finally:
            os.umask(previous)
        self.copies("-p", "0:/space/open", self.folder / "closed")
        self.assertEqual(stat.S_IMODE((self.folder / "closed").stat().st_mode), 0o640)

    def test_all_nodes_at_once(self):
        self.copies("-rp", self.tree, "all:/space/everywhere")
        back = self.folder / "all"
        back.mkdir()
        self.copies("-rp", "all:/space/everywhere", back)
        self.assertEqual(sorted(path.name for path in back.iterdir()), sorted(f"n{node}" for node in range(NODES)))
        for node in range(NODES):
            self.assertEqual(describe(back / f"n{node}/everywhere", times=True), describe(self.tree, times=True))

    def test_where_the_caller_is_need_not_be_on_a_node(self):
        done = self.cp("tree/empty", "12:/space", cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_several_sources(self):
        for name in ("one", "two"):
            (self.folder / name).write_text(name)
        done = self.cp(self.folder / "one", self.folder / "two", "0-1:/space/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/space/none: there is no such directory", done.stderr)
        self.copies(self.folder / "one", self.folder / "two", "0-1:/space")
        (self.folder / "both").mkdir()
        self.copies("1:/space/one", "1:/space/two", self.folder / "both")
        self.assertEqual({path.name: path.read_text() for path in (self.folder / "both").iterdir()},
                         {"one": "one", "two": "two"})

    def test_what_cannot_be_copied_is_said_and_the_rest_goes_on(self):
        source = self.folder / "mixed"
        (source / "folder").mkdir(parents=True)
        (source / "good").write_text("good")
        os.mkfifo(source / "fifo")
        done = self.cp("-r", source, self.folder / "missing", "2:/space")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fifo: neither a file nor a directory", done.stderr)
        self.assertIn("missing: there is no such file", done.stderr)
        self.assertEqual(self.on("2", "read line < /space/mixed/good; echo $line"), "good\n")
        done = self.cp(source, "2:/space")
        self.assertIn("is a directory: left out without -r", done.stderr)
        self.assertEqual(done.returncode, 1)
        done = self.cp("2:/space/nothing", self.folder / "nothing")
        self.assertEqual(done.returncode, 1)
        self.assertIn("n2: /space/nothing: there is no such file", done.stderr)
        self.assertFalse((self.folder / "nothing").exists())

    def test_what_is_no_file_stays_where_it_is(self):
        fifo = self.folder / "pipe"
        os.mkfifo(fifo)
        self.copies(self.tree / "empty", "10:/space/empty")
        done = self.cp("10:/space/empty", fifo)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pipe: a device, a fifo or a socket is there", done.stderr)
        self.assertTrue(fifo.is_fifo())
        done = self.cp(self.tree / "empty", "10:/dev/null")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/null: a device, a fifo or a socket is there", done.stderr)
        self.assertEqual(self.on("10", "[ -c /dev/null ] && echo there"), "there\n")

    def test_a_directory_that_is_there_keeps_its_owner(self):
        source = self.folder / "owned"
        source.mkdir(mode=0o750)
        self.on("11", "mkdir -m 755 /space/owned; chown 1000:1001 /space/owned")
        self.copies("-rp", source, "11:/space")
        self.copies("-rp", "11:/space/owned", self.folder / "seen")
        self.assertEqual(stat.S_IMODE((self.folder / "seen").stat().st_mode), 0o750)
        self.assertEqual(self.on("11", "[ -O /space/owned ] && echo taken || echo theirs"), "theirs\n")

    def test_a_link_that_another_user_has_planted_leads_nowhere(self):
        self.on("3", "mkdir -m 1777 /space/open; mkdir -m 700 /space/secret; echo mine > /space/secret/file;"
                     "ln -s /space/secret /space/open/folder; ln -s /space/secret/file /space/open/file;"
                     "chown -h 1000 /space/open/folder /space/open/file")
        (self.folder / "file").write_text("theirs")
        self.cp(self.folder / "file", "3:/space/open/file")
        self.assertEqual(self.on("3", "read line < /space/secret/file; echo $line"), "mine\n")
        for words in ([self.folder / "file", "3:/space/open/folder"], [self.folder / "file", "3:/space/open/folder/file"],
                      ["-r", self.tree, "3:/space/open/folder/tree"]):
            done = self.cp(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is a link that uid 1000 has made", done.stderr)
        self.assertEqual(self.on("3", "cd /space/secret; echo *"), "file\n")
        done = self.cp("3:/space/open/folder/file", self.folder / "stolen")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is a link that uid 1000 has made", done.stderr)

    def test_a_link_that_is_copied_is_not_gone_through(self):
        outside = self.folder / "outside"
        outside.mkdir()
        first, second = self.folder / "first/x", self.folder / "second/x"
        first.mkdir(parents=True)
        (first / "way").symlink_to(outside)
        (second / "way").mkdir(parents=True)
        (second / "way/file").write_text("escaped")
        self.on("4", f"mkdir -p {outside}")
        self.copies("-r", first, "4:/space")
        done = self.cp("-r", second, "4:/space")
        self.assertEqual(done.returncode, 1)
        self.assertIn("something else is there", done.stderr)
        self.assertEqual(self.on("4", f"cd {outside}; echo *"), "*\n")
        # The same on the way back.
        self.copies("-r", first, "5:/space")
        self.on("6", "mkdir -p /space/x/way; echo escaped > /space/x/way/file")
        (self.folder / "taken").mkdir()
        self.copies("-r", "5:/space/x", self.folder / "taken")
        done = self.cp("-r", "6:/space/x", self.folder / "taken")
        self.assertEqual(done.returncode, 1)
        self.assertIn("something else is there", done.stderr)
        self.assertEqual(list(outside.iterdir()), [])

    def test_dots_lead_nowhere(self):
        self.copies(self.tree / "empty", "7:/space/../space/dots")
        self.assertEqual(self.on("7", "cd /space; echo d*"), "dots\n")

    def test_a_full_disk(self):
        (self.folder / "larger").write_bytes(bytes(2 << 20))
        (self.folder / "small").write_text("fits")
        done = self.cp(self.folder / "larger", self.folder / "small", "8-9:/small")
        self.assertEqual(done.returncode, 1)
        for node in (8, 9):
            self.assertRegex(done.stderr, rf"n{node}: .*/small/larger: No space left on device")
        self.assertEqual(self.on("8", "cd /small; echo *; read line < small; echo $line"), "small\nfits\n")

    def test_a_node_that_is_not_up(self):
        done = self.cp(self.tree / "empty", "99:/space")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.cp(self.tree, "/tmp/here").returncode, 2)
        self.assertEqual(self.cp("0:/a", "1:/b", self.folder).returncode, 2)


if __name__ == "__main__":
    lab.main()
