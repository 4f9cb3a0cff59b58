#!/usr/bin/python3
"""Programs that move to a node: what may run, what may not, and what is said then."""

import pathlib
import struct

import lab


def elf_for_aarch64():
    """The header of a program for another architecture, as long as readers look at it."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x400000, 64, 0, 0, 64, 56, 0, 0, 0, 0) + bytes(1024)


class Run(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2)
        cls.cluster.wait_up()

    def run_on(self, nodes, *words, **options):
        return self.cluster.ctl("run", nodes, "--", *words, check=False, **options)

    def program(self, name, content):
        path = pathlib.Path(self.cluster.folder.name, name)
        path.write_bytes(content)
        path.chmod(0o755)
        return str(path)

    def test_a_program_that_does_not_exist(self):
        done = self.run_on("all", "/no/such/program")
        self.assertEqual(done.returncode, 127)
        self.assertIn("/no/such/program", done.stderr)

    def test_a_file_that_may_not_be_executed(self):
        done = self.run_on("0", "/etc/passwd")
        self.assertEqual(done.returncode, 126)
        self.assertIn("/etc/passwd", done.stderr)

    def test_a_program_for_another_architecture(self):
        done = self.run_on("0", self.program("foreign", elf_for_aarch64()))
        self.assertNotIn(done.returncode, (0, 1, 2))
        self.assertIn("aarch64", done.stderr)

    def test_a_dynamic_program_moves_with_its_libraries(self):
        done = self.run_on("all", "/usr/bin/python3", "-S", "-c", "print(6 * 7)")
        # Its libraries moved; its modules are files that it opens by itself, and they are not on the node.
        self.assertIn("No module named 'encodings'", done.stderr)
        self.assertEqual(self.run_on("all", "/usr/bin/id", "-u").stdout, "0\n0\n")

    def test_a_static_program(self):
        self.assertIn("nodectl", self.run_on("1", str(lab.PROGRAMS / "nodectl"), "--help").stdout)

    def test_a_death_by_signal(self):
        done = self.run_on("0", "/bin/sh", "-c", "kill -SEGV $$")
        self.assertEqual(done.returncode, 128 + 11)

    def test_environment_and_directory(self):
        done = self.cluster.ctl("run", "--env", "COLOUR=blue", "--cwd", "/tmp", "0", "--", "/bin/sh", "-c",
                                "echo $COLOUR; pwd")
        self.assertEqual(done.stdout, "blue\n/tmp\n")

    def test_an_argument_stays_one_argument(self):
        awkward = ["", "two words", "quote'\"", "new\nline", "*", "ü"]
        done = self.run_on("0", "/usr/bin/printf", "<%s>", *awkward)
        self.assertEqual(done.stdout, "".join(f"<{word}>" for word in awkward))

    def test_a_changed_program_is_the_one_that_runs(self):
        script = self.program("versions", b"#!/bin/sh\necho one\n")
        self.assertEqual(self.run_on("0", script).stdout, "one\n")
        self.program("versions", b"#!/bin/sh\necho two\n")
        self.assertEqual(self.run_on("0", script).stdout, "two\n")


if __name__ == "__main__":
    lab.main()
