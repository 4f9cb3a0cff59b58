#!/usr/bin/python3
"""Programs that start on a node: the errors that a shell would give, and that they find themselves and what is beside
them."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import lab

COMPILER = shutil.which("gcc") or shutil.which("x86_64-linux-gnu-gcc-12")
LIBRARY = "int answer(void) { return 42; }\n"
USES_LIBRARY = """
#include <stdio.h>
int answer(void);
int main(void) { printf("%d\\n", answer()); return 0; }
"""
# Executes itself once more, by the name that the kernel has for it, and shows that name.
AGAIN = """
#include <stdio.h>
#include <unistd.h>
int main(int argc, char** argv) {
  char path[4096] = {0};
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return 1;
  if (argc < 3) return execl("/proc/self/exe", argv[0], "again", "and again", (char*)0);
  puts(path);
  return 0;
}
"""


class Launch(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=1)
        cls.cluster.wait_up()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/var/tmp")  # on the node's root; /tmp is not
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_on(self, *words, options=(), **more):
        return self.cluster.ctl("run", *options, "0", "--", *words, check=False, **more)

    def script(self, text, mode=0o755):
        path = self.folder / "script"
        path.write_text(text)
        path.chmod(mode)
        return path

    def compile(self, name, source, *options):
        text = self.folder / f"{name}.c"
        text.write_text(source)
        lab.run([COMPILER, "-o", self.folder / name, text, *options])
        return self.folder / name

    def refused(self, status, *said, words):
        done = self.run_on(*words)
        self.assertEqual(done.returncode, status, done.stderr)
        for text in said:
            self.assertIn(text, done.stderr)

    def test_errors_of_a_shell(self):
        self.refused(127, "no-such-program", words=["no-such-program"])
        self.refused(127, "/no/such/program", words=["/no/such/program"])
        self.refused(126, "script", words=[self.script("#!/bin/sh\n", 0o644)])
        self.refused(126, str(self.folder), words=[self.folder])

    def test_a_script_without_its_interpreter(self):
        self.refused(127, "script", "/no/such/interpreter", words=[self.script("#!/no/such/interpreter\n")])

    def test_another_architecture(self):
        program = self.folder / "foreign"
        header = bytearray(pathlib.Path("/bin/true").read_bytes())
        header[18:20] = (183).to_bytes(2, "little")  # e_machine
        program.write_bytes(header)
        program.chmod(0o755)
        self.refused(126, "aarch64", words=[program])

    def test_a_missing_library_is_named(self):
        self.compile("libanswer.so", LIBRARY, "-shared", "-fPIC")
        program = self.compile("asks", USES_LIBRARY, f"-L{self.folder}", "-l:libanswer.so")
        self.refused(127, "libanswer.so", words=[program])

    def test_libraries_beside_the_program(self):
        self.compile("libanswer.so", LIBRARY, "-shared", "-fPIC")
        program = self.compile("asks", USES_LIBRARY, f"-L{self.folder}", "-l:libanswer.so", "-Wl,-rpath,$ORIGIN")
        self.assertEqual(self.run_on(program).stdout, "42\n")

    def test_a_program_executes_itself_again(self):
        program = self.compile("again", AGAIN)
        done = self.run_on(program)
        self.assertEqual(done.stdout, f"{program}\n", done.stderr)

    def test_a_program_is_replaced_while_it_runs(self):
        program = self.folder / "busy"
        shutil.copy("/bin/sleep", program)
        running = subprocess.Popen([lab.NODELAB, "ctl", "--name", self.cluster.name, "--", "run", "0", "--", program, "1000"])
        self.addCleanup(running.wait)
        self.addCleanup(running.terminate)
        on_node = pathlib.Path(f"/proc/{self.cluster.pid1(0)}/root{program}")
        lab.eventually(on_node.exists, "the program is on the node")
        program.unlink()
        shutil.copy("/bin/echo", program)
        self.assertEqual(self.run_on(program, "the new one").stdout, "the new one\n")
        self.assertIsNone(running.poll())

    def test_directory_umask_and_environment(self):
        script = self.script("#!/bin/sh\npwd; umask; echo $COLOUR\n")
        here = os.umask(0o027)
        self.addCleanup(os.umask, here)
        env = {**os.environ, "COLOUR": "red"}
        # Where the caller is: not on the node, then /; there, then there.
        hidden = self.folder / "not-on-the-node"
        hidden.mkdir()
        self.assertEqual(self.run_on(script, cwd=hidden, env=env).stdout, "/\n0027\nred\n")
        self.assertEqual(self.run_on(script, cwd="/tmp", env=env).stdout, "/tmp\n0027\nred\n")
        done = self.run_on(script, options=["--cwd", str(hidden)])
        self.assertEqual(done.returncode, 127, done.stderr)
        self.assertIn(str(hidden), done.stderr)


if __name__ == "__main__":
    lab.main()
