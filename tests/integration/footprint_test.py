#!/usr/bin/python3
"""What a node's PID 1 is and costs: one small static program, little memory, and no wake-ups but its pings."""

import pathlib
import re
import signal
import subprocess

import lab

SIZE_LIMIT = 1536 * 1024     # bytes, stripped
PRIVATE_LIMIT = 2048         # KiB
PINGS = 4
# The message comes, PID 1 looks at its own memory and times, the answer goes; now and then the C library's allocator
# gives a page back or takes one.
PING_CALLS = {"recvfrom", "open", "fcntl", "openat2", "fstat", "fstatfs", "read", "close", "sendto", "mmap", "munmap", "brk", "madvise"}
CONFIG = '[heartbeat]\ninterval = "1s"\nsilence_limit = "10s"\n'


class Program(lab.LabTest):
    def test_is_static_stripped_and_small(self):
        program = lab.PROGRAMS / "nodeinit"
        said = lab.run(["file", "-b", str(program)]).stdout
        self.assertIn("statically linked", said)
        self.assertIn("stripped", said)
        self.assertNotIn("not stripped", said)
        self.assertLessEqual(program.stat().st_size, SIZE_LIMIT)


class IdleNode(lab.LabTest):
    def setUp(self):
        self.cluster = self.lab(config=CONFIG)
        self.cluster.wait_up()
        self.pid = self.cluster.pid1(0)

    def test_nodeinit_is_pid_1(self):
        self.assertEqual(pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")[0], b"/init")
        seen = self.cluster.ctl("run", "0", "--", "/bin/sh", "-c", "read -r name < /proc/1/comm; echo $name").stdout
        self.assertIn(seen.strip(), ("init", "nodeinit"))

    def test_holds_little_private_memory(self):
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        private = sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE))
        self.assertLessEqual(private, PRIVATE_LIMIT, text)

    def test_wakes_up_for_its_pings_only(self):
        turns = split_at_sleep(self.trace_for_pings())
        self.assertGreaterEqual(len(turns), PINGS)
        for calls in turns:
            # What a ping takes, and nothing else: no other wake-up, no process, no second look.
            self.assertEqual([name for name in calls if name in ("recvfrom", "sendto")], ["recvfrom", "sendto"])
            self.assertEqual(set(calls) - PING_CALLS, set())

    def trace_for_pings(self):
        """The system calls of PID 1 while it is pinged a few times."""
        output = pathlib.Path(self.cluster.folder.name, "trace")
        tracer = subprocess.Popen(["strace", "-f", "-q", "-o", str(output), "-p", str(self.pid)])
        try:
            answered = re.compile(r"sendto\(")
            lab.eventually(lambda: output.exists() and len(answered.findall(output.read_text())) > PINGS + 1,
                           "the node is pinged a few times")
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(timeout=lab.PATIENCE)
        return [found[1] for found in map(re.compile(r"\d+ +(\w+)\(").match, output.read_text().splitlines()) if found]


def split_at_sleep(names):
    """Names of calls -> those between one sleep and the next, for each time that it slept and woke up again."""
    sleeps = [index for index, name in enumerate(names) if name in ("epoll_wait", "epoll_pwait")]
    return [names[here + 1:there] for here, there in zip(sleeps, sleeps[1:])]


if __name__ == "__main__":
    lab.main()
