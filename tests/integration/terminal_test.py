#!/usr/bin/python3
"""Terminals of processes on nodes: a shell there is as usable as one here."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios

import lab


def set_size(descriptor, rows, columns):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Person:
    """Sits at a terminal at which nodectl runs."""

    def __init__(self, test, *words, rows=24, columns=80):
        self.master, terminal = os.openpty()
        set_size(self.master, rows, columns)
        self.before = termios.tcgetattr(self.master)
        self.seen = ""
        environment = {**os.environ, "TERM": "dumb", "PS1": "node> ", "ENV": "", "HISTFILE": ""}
        self.run = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=environment,
                                    preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        os.close(terminal)
        test.addCleanup(os.close, self.master)
        test.addCleanup(self.run.wait)
        test.addCleanup(self.run.kill)

    def type(self, text):
        os.write(self.master, text.encode())

    def sees(self, pattern):
        """Waits for it, and forgets all up to its end."""
        def there():
            while select.select([self.master], [], [], 0)[0]:
                try:
                    self.seen += os.read(self.master, 4096).decode(errors="replace")
                except OSError:  # nobody has it open any more
                    break
            return re.search(pattern, self.seen)
        found = lab.eventually(there, f"the terminal shows {pattern!r}", 20) if not there() else there()
        self.seen = self.seen[found.end():]
        return found

    def asks(self, command, pattern):
        self.type(command + "\n")
        return self.sees(pattern)

    def modes(self):
        return termios.tcgetattr(self.master)


class Terminal(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=2)
        cls.cluster.wait_up()
        for program in ("tty", "stty", "sleep", "cat"):  # shells find them on the nodes from now on
            cls.cluster.ctl("run", "-n", "all", "--", f"/usr/bin/{program}", "--version")
        cls.cluster.ctl("run", "-n", "all", "--", "/bin/sh", "-c", "true")
        cls.nodectl = [str(lab.PROGRAMS / "nodectl"), "--socket", str(next(cls.cluster.state.rglob("control.sock")))]

    def shell(self, **options):
        person = Person(self, *self.nodectl, "run", "-t", "1", "--", "/bin/bash", "--norc", "--noediting", "-i",
                        **options)
        person.sees(r"node> ")
        return person

    def test_a_shell_on_a_node(self):
        person = self.shell(rows=30, columns=90)
        person.asks("tty", r"/dev/pts/\d+\r\n")
        person.asks("stty size", r"30 90\r\n")
        person.asks("test -t 0 && test -t 1 && test -t 2 && echo $((6*7))", r"42\r\n")
        person.asks("echo err $((7*7)) >&2", r"err 49\r\n")
        set_size(person.master, 40, 100)
        person.asks("sleep 0.2; stty size", r"40 100\r\n")
        person.asks("exit 7", r"exit")
        self.assertEqual(person.run.wait(lab.PATIENCE), 7)
        self.assertEqual(person.modes(), person.before)

    def test_what_is_typed_is_for_those_on_the_node(self):
        person = self.shell()
        person.asks("sh -c 'echo ready; exec sleep 1000'", r"\nready\r\n")
        person.type("\x03")
        person.sees(r"node> ")
        person.asks("echo $?", r"130\r\n")
        # A shell that is stopped between vfork(2) and exec is never seen to have stopped: it begins nothing after "ready".
        person.asks("sh -c 'trap \"echo on\" CONT; sleep 1000 & echo ready; while :; do wait; done'", r"\nready\r\n")
        person.type("\x1a")
        person.sees(r"\nnode> ")
        person.asks("jobs", r"\[1\]\+ +Stopped")
        person.asks("fg", r"\non\r\n")
        person.type("\x1c")
        person.sees(r"Quit")
        person.asks("echo still $((1+1))", r"still 2\r\n")
        person.asks("cat", r"cat\r\n")
        person.asks("line", r"line\r\nline\r\n")
        person.type("\x04")
        person.sees(r"node> ")
        person.type("\x04")
        self.assertEqual(person.run.wait(lab.PATIENCE), 0)

    def test_the_terminal_is_as_before_whatever_ends_nodectl(self):
        for number in (signal.SIGALRM, signal.SIGSEGV):
            person = self.shell()
            self.assertNotEqual(person.modes(), person.before)
            person.run.send_signal(number)
            self.assertEqual(person.run.wait(lab.PATIENCE), -number)
            self.assertEqual(person.modes(), person.before)

    def test_the_shell_goes_when_the_person_does(self):
        person = self.shell()
        pid = person.asks("echo pid $$", r"pid (\d+)\r\n")[1]
        there = lambda: any(lab.namespace_pids(here)[1:] == [pid] for here in self.cluster.processes("n1"))
        self.assertTrue(there())
        person.run.kill()
        person.run.wait()
        lab.eventually(lambda: not there(), "the shell has ended")

    def run_without_one(self, text, *words):
        return subprocess.run([*self.nodectl, "run", "-t", *words], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=lab.PATIENCE, check=False)

    def test_the_caller_needs_none(self):
        self.assertRegex(self.run_without_one(b"", "-n", "0", "--", "/usr/bin/tty").stdout, rb"^/dev/pts/\d+\r\n$")

    def test_input_that_ends_ends_there_too(self):
        self.assertEqual(self.run_without_one(b"text\n", "0", "--", "/usr/bin/cat").stdout, b"text\r\ntext\r\n")

    def test_it_is_for_one_node(self):
        done = self.run_without_one(b"", "all", "--", "/bin/true")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"a terminal is for one node", done.stderr)


if __name__ == "__main__":
    lab.main()
