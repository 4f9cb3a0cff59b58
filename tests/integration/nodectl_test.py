#!/usr/bin/python3
"""nodectl as a shell's command: signals, pipes that are not read, files that are full."""

import os
import pathlib
import signal
import subprocess

import lab

CHATTY = ("/bin/dd", "if=/dev/zero", "bs=64k", "count=400")  # more than all buffers on the way hold
CHATTY_BYTES = 400 * 64 * 1024
# Shell scripts that need no other program: the nodes have none.
WAITING = "echo ready; while :; do read -t 0.1 <> <(:); done"
STUBBORN = 'trap "echo int" INT; trap "echo hup; exit 5" HUP; ' + WAITING


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def ignore_signals():
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


class Nodectl(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2)
        cls.cluster.wait_up()

    def start(self, *words, **options):
        environment = {**os.environ, "NODECTL_SOCKET": str(self.cluster.state / "control.sock")}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([lab.PROGRAMS / "nodectl", *words], env=environment, cwd="/", **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_a_signal_is_the_programs_affair(self):
        process = self.start("run", "-l", "0", "--", "/bin/bash", "-c", STUBBORN)
        for number, line in ((None, b"n0: ready\n"), (signal.SIGINT, b"n0: int\n"), (signal.SIGHUP, b"n0: hup\n")):
            if number:
                process.send_signal(number)
            self.assertEqual(process.stdout.readline(), line)
        self.assertEqual(process.wait(lab.PATIENCE), 5)

    def test_a_program_that_a_signal_ends(self):
        process = self.start("run", "all", "--", "/bin/bash", "-c", WAITING)
        for _ in range(2):
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(lab.PATIENCE), 128 + signal.SIGTERM)
        self.assertIn(b"signal 15", process.stderr.read())

    def test_a_second_interrupt_gives_up(self):
        process = self.start("run", "0", "--", "/bin/bash", "-c", STUBBORN)
        for line in (b"ready\n", b"int\n"):
            self.assertEqual(process.stdout.readline(), line)
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(lab.PATIENCE), 128 + signal.SIGINT)

    def test_a_second_interrupt_does_not_wait_for_a_stopped_reader(self):
        process = self.start("run", "0", "--", *CHATTY)
        process.stdout.read(1)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            lab.eventually(lambda: self.took_signal(process), "the signal has been taken")
        self.assertEqual(process.wait(lab.PATIENCE), 128 + signal.SIGINT)

    def took_signal(self, process):
        if process.poll() is not None:
            return True
        pending = pathlib.Path(f"/proc/{process.pid}/status").read_text().split("ShdPnd:")[1].split()[0]
        return int(pending, 16) == 0

    def test_signals_that_were_ignored_are_not_forwarded(self):
        process = self.start("run", "0", "--", "/bin/bash", "-c", STUBBORN, preexec_fn=ignore_signals)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(lab.PATIENCE), 128 + signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"")

    def test_a_stopped_reader_stops_the_program_and_nobody_else(self):
        process = self.start("run", "all", "--", *CHATTY, stderr=subprocess.DEVNULL)
        process.stdout.read(1)
        self.assertEqual(sorted(self.cluster.ctl("run", "all", "--", "/bin/hostname").stdout.split()), ["n0", "n1"])
        self.assertIsNone(process.poll())
        self.assertLess(resident_kib(process.pid), 8 << 10)
        master, = (pid for pid in self.cluster.processes("fe")
                   if pathlib.Path(f"/proc/{pid}/comm").read_text() == "nodemaster\n")
        self.assertLess(resident_kib(master), 24 << 10)
        self.assertEqual(1 + len(process.stdout.read()), 2 * CHATTY_BYTES)
        self.assertEqual(process.wait(lab.PATIENCE), 0)

    def test_a_reader_that_is_gone(self):
        process = self.start("run", "0", "--", *CHATTY)
        process.stdout.read(1)
        process.stdout.close()
        self.assertEqual(process.wait(lab.PATIENCE), 128 + signal.SIGPIPE)
        process.stdout = None

    def test_a_file_that_is_full(self):
        with open("/dev/full", "wb") as full:
            process = self.start("status", stdout=full)
            self.assertEqual(process.wait(lab.PATIENCE), 1)
        self.assertIn(b"No space left", process.stderr.read())

    def test_no_standard_descriptors(self):
        process = self.start("run", "all", "--", "/bin/hostname", stdout=None, stderr=None,
                             preexec_fn=lambda: os.closerange(0, 3))
        self.assertEqual(process.wait(lab.PATIENCE), 0)

    def test_wait_says_who_is_missing(self):
        done = self.cluster.ctl("wait", "all", "--state", "down", "--timeout", "10ms", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nodes 0-1 not down but up", done.stderr)


if __name__ == "__main__":
    lab.main()
