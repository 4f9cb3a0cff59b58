#!/usr/bin/python3
"""Standard input of processes on nodes, large output, and what neither may cost."""

import hashlib
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import lab

NODES = 16
LARGE = 128 << 20  # bytes that go to a node and back
ENOUGH_MEMORY = 48 << 20  # bytes more of resident memory: windows, buffers and sockets are a few MiB


def resident(pid):
    """Bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) << 10


class Watch:
    """The most memory that processes have had since they were first looked at, beyond that."""

    def __init__(self, pids):
        self.first = {pid: resident(pid) for pid in pids}
        self.most = dict(self.first)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over.wait(0.05):
            for pid in self.most:
                try:
                    self.most[pid] = max(self.most[pid], resident(pid))
                except (OSError, StopIteration):
                    pass  # it has ended

    def end(self):
        self.over.set()
        self.thread.join()
        return max(most - self.first[pid] for pid, most in self.most.items())


class Input(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=NODES)
        cls.cluster.wait_up()
        for program in ("head", "tee", "sha256sum", "sleep"):  # shells find them on the nodes from now on
            cls.cluster.ctl("run", "-n", "all", "--", f"/usr/bin/{program}", "--version")
        cls.socket = next(cls.cluster.state.rglob("control.sock"))

    def start(self, *words, **options):
        """nodectl itself, not below nodelab."""
        run = subprocess.Popen([lab.PROGRAMS / "nodectl", "--socket", self.socket, "run", *words],
                               stderr=subprocess.PIPE, **options)
        self.addCleanup(self.finish, run)
        return run

    @staticmethod
    def finish(run):
        run.kill()
        run.wait()
        for stream in (run.stdin, run.stdout, run.stderr):
            if stream:
                stream.close()

    def run_with(self, text, *words):
        return self.cluster.ctl("run", *words, input=text, check=False)

    def servers(self):
        return [self.cluster.nodemaster(), self.cluster.pid1(0)]

    def test_it_goes_to_all_ranks(self):
        done = self.run_with("one\ntwo\n", "-l", "all", "--", "/bin/cat")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(done.stdout.splitlines()),
                         sorted(f"n{node}: {word}" for node in range(NODES) for word in ("one", "two")))

    def test_it_goes_to_one_rank(self):
        done = self.run_with("text", "--input", "2", "-l", "1-4", "--", "/usr/bin/wc", "-c")
        self.assertEqual(sorted(done.stdout.splitlines()), ["n1: 0", "n2: 0", "n3: 4", "n4: 0"])

    def test_it_goes_to_nobody(self):
        for option in (["-n"], ["--input", "none"]):
            self.assertEqual(self.run_with("not for the node", *option, "0", "--", "/usr/bin/wc", "-c").stdout, "0\n")

    def test_a_rank_that_is_not_there(self):
        done = self.run_with("", "--input", "4", "1-4", "--", "/bin/cat")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no rank 4", done.stderr)
        self.assertEqual(self.run_with("", "--input", "many", "0", "--", "/bin/cat").returncode, 2)

    def test_a_file_and_nothing(self):
        with tempfile.TemporaryFile() as file:
            content = os.urandom(3_000_001)
            file.write(content)
            file.seek(0)
            run = self.start("5", "--", "/bin/cat", stdin=file, stdout=subprocess.PIPE)
            self.assertEqual(run.communicate(timeout=lab.PATIENCE)[0], content)
        run = self.start("5", "--", "/bin/cat", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual(run.communicate(timeout=lab.PATIENCE)[0], b"")

    def test_a_descriptor_that_others_share_stays_blocking(self):
        read, write = os.pipe()
        run = self.start("0", "--", "/bin/cat", stdin=read, stdout=subprocess.PIPE)
        os.write(write, b"x\n")
        self.assertEqual(run.stdout.readline(), b"x\n")
        self.assertTrue(os.get_blocking(read))
        for descriptor in (read, write):
            os.close(descriptor)
        self.assertEqual(run.wait(lab.PATIENCE), 0)

    def test_what_is_typed_arrives_at_once(self):
        run = self.start("0", "--", "/bin/cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        for word in (b"one\n", b"two\n"):
            run.stdin.write(word)
            self.assertEqual(run.stdout.readline(), word)
        run.stdin.close()
        self.assertEqual(run.wait(lab.PATIENCE), 0)

    def test_much_goes_there_and_back_unchanged_and_costs_no_memory(self):
        yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
        run = self.start("0", "--", "/bin/cat", stdin=yes.stdout, stdout=subprocess.PIPE)
        yes.stdout.close()
        watch = Watch([run.pid, *self.servers()])
        arrived, left = hashlib.sha256(), LARGE
        while left > 0:
            piece = run.stdout.read(min(left, 1 << 20))
            self.assertTrue(piece, "the output ends too early")
            arrived.update(piece)
            left -= len(piece)
        grown = watch.end()
        run.stdout.close()
        run.wait(lab.PATIENCE)  # as its reader has gone
        yes.wait(lab.PATIENCE)
        expected = hashlib.sha256()
        for _ in range(LARGE >> 20):
            expected.update(b"y\n" * (1 << 19))
        self.assertEqual(arrived.hexdigest(), expected.hexdigest())
        self.assertLess(grown, ENOUGH_MEMORY)

    def test_much_output_of_all_nodes_is_exact_per_stream(self):
        folder = pathlib.Path(self.cluster.folder.name, "output")
        done = self.run_with("", "--output", folder, f"0-{NODES - 1}", "--", "/bin/sh", "-c",
                             "head -c 10M /dev/urandom | tee /dev/stderr")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        sums = set()
        for node in range(NODES):
            output, error = ((folder / f"n{node}.{stream}").read_bytes() for stream in ("out", "err"))
            self.assertEqual(len(output), 10 << 20)
            self.assertEqual(hashlib.sha256(output).digest(), hashlib.sha256(error).digest())
            sums.add(hashlib.sha256(output).digest())
        self.assertEqual(len(sums), NODES)

    def test_output_that_cannot_be_written(self):
        done = self.run_with("", "--output", "/proc/none", "0", "--", "/bin/true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/proc/none", done.stderr)
        folder = pathlib.Path(self.cluster.folder.name, "full")
        folder.mkdir()
        (folder / "n0.out").symlink_to("/dev/full")
        done = self.run_with("", "--output", folder, "0", "--", "/bin/echo", "lost")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"write {folder}/n0.out", done.stderr)

    def test_a_process_that_closes_its_input_ends_the_reading(self):
        yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
        run = self.start("0-3", "--", "/bin/sh", "-c", "head -n 1; exec <&-; echo closed; exec sleep 1000",
                         stdin=yes.stdout, stdout=subprocess.PIPE)
        for _ in range(8):
            self.assertIn(run.stdout.readline(), (b"y\n", b"closed\n"))
        # nodectl reads no more, so that the writer waits.
        stopped = lab.eventually(lambda: self.stands_still(yes.pid), "nothing is read any more")
        self.assertTrue(stopped)
        yes.kill()
        yes.wait()
        yes.stdout.close()
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(lab.PATIENCE), 128 + signal.SIGTERM)

    @staticmethod
    def stands_still(pid):
        def written():
            io = pathlib.Path(f"/proc/{pid}/io").read_text()
            return next(line for line in io.splitlines() if line.startswith("wchar"))
        before = written()
        time.sleep(0.5)
        return written() == before

    def test_a_process_that_does_not_read_is_not_waited_for(self):
        yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
        run = self.start("all", "--", "/bin/true", stdin=yes.stdout, stdout=subprocess.PIPE)
        yes.stdout.close()
        self.assertEqual(run.wait(lab.PATIENCE), 0)
        yes.wait(lab.PATIENCE)

    def test_a_slow_reader_among_fast_ones_slows_them_down(self):
        content = os.urandom(2 << 20)
        run = self.start("0-3", "--", "/bin/sh", "-c", "test $BPROC_RANK -gt 0 || sleep 2; sha256sum",
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        output = run.communicate(content, timeout=lab.PATIENCE)[0].decode()
        self.assertEqual(output.split(), [hashlib.sha256(content).hexdigest(), "-"] * 4)

    def test_a_reader_who_stops_costs_neither_memory_nor_a_node(self):
        yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
        run = self.start("all", "--", "/bin/cat", stdin=yes.stdout, stdout=subprocess.PIPE)
        yes.stdout.close()
        watch = Watch([run.pid, *self.servers()])
        self.assertTrue(run.stdout.read(1 << 20))
        for _ in range(5):
            time.sleep(1)
            self.assertEqual({row["state"] for row in self.cluster.status()}, {"up"})
        self.assertEqual(self.run_with("", "0", "--", "/bin/echo", "beside").stdout, "beside\n")
        grown = watch.end()
        self.assertTrue(run.stdout.read(1 << 20))
        run.kill()
        run.wait()
        yes.wait(lab.PATIENCE)
        self.assertLess(grown, ENOUGH_MEMORY)

    def test_from_the_background_of_a_terminal_it_stops(self):
        master, terminal = os.openpty()
        self.addCleanup(os.close, master)
        # A shell without job control of its own: the run gets a process group that the terminal does not have in front.
        script = f"""
import os, signal, subprocess, sys
import fcntl, termios
os.setsid()
fcntl.ioctl({terminal}, termios.TIOCSCTTY, 0)
run = subprocess.Popen({[str(lab.PROGRAMS / 'nodectl'), '--socket', str(self.socket), 'run', '0', '--', '/bin/cat']!r},
                       stdin={terminal}, preexec_fn=os.setpgrp)
pid, status = os.waitpid(run.pid, os.WUNTRACED)
print(os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTTIN, flush=True)
run.kill()
"""
        shell = subprocess.Popen(["python3", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 pass_fds=[terminal])
        os.close(terminal)
        self.addCleanup(shell.stdout.close)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        os.write(master, b"typed\n")
        self.assertEqual(shell.stdout.readline(), b"True\n")


if __name__ == "__main__":
    lab.main()
