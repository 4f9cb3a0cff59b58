#!/usr/bin/python3
"""nodelab down leaves nothing behind: not after a good lab, not after a nodelab that was killed at any moment."""

import os
import pathlib
import signal
import subprocess

import lab


def traces(name):
    """Whatever there is on this machine that speaks of the lab."""
    found = [f"namespace {path.name}" for path in pathlib.Path("/run/netns").glob(f"nodelab-{name}-*")]
    found += [f"mount {line}" for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if name in line]
    found += [f"cgroup {path}" for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/nodelab/{name}")]
    found += [f"file {path}" for path in pathlib.Path("/run").glob(f"nodelab/{name}*")]
    return found + [f"process {text}" for text in map(command_line, pids()) if f"nodelab/{name}/" in text or f"nodelab-{name}-" in text]


def pids():
    return [entry for entry in os.listdir("/proc") if entry.isdigit()]


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def machine():
    """What of the machine itself a lab might change."""
    links = lab.run(["ip", "-o", "link"]).stdout
    limits = ("ipv4/neigh/default/gc_thresh1", "ipv4/neigh/default/gc_thresh2", "ipv4/neigh/default/gc_thresh3",
              "core/netdev_max_backlog")
    return links, [pathlib.Path("/proc/sys/net", name).read_text() for name in limits]


class Cleanup(lab.LabTest):
    def test_after_a_lab_that_worked(self):
        before = machine()
        for nodes in (3, 40):  # a bridge, macvlans
            with self.subTest(nodes=nodes):
                cluster = self.lab(nodes=nodes)
                cluster.wait_up()
                inside = [pid for part in ("fe", "n0", "n1") for pid in cluster.processes(part)]
                self.assertTrue(traces(cluster.name))
                lab.run([lab.NODELAB, "down", "--name", cluster.name])
                self.assertEqual(traces(cluster.name), [])
                self.assertFalse([pid for pid in inside if command_line(pid)], "processes are left")
        self.assertEqual(machine(), before)

    def test_after_a_nodelab_that_was_killed(self):
        name = f"t{os.getpid()}-killed"
        self.addCleanup(lab.run, [lab.NODELAB, "down", "--name", name], check=False)
        before = machine()
        # Killed once it has made its first namespace, its first link, its front end, its first node.
        for sign in (lambda: traces(name), lambda: pathlib.Path("/run/netns", f"nodelab-{name}-n20").exists(),
                     lambda: pathlib.Path("/run/nodelab", name, "frontend.log").exists(),
                     lambda: pathlib.Path("/run/nodelab", name, "console/n0").exists()):
            victim = subprocess.Popen([lab.NODELAB, "up", "--name", name, "--nodes", "210", "--programs", str(lab.PROGRAMS)],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            lab.eventually(lambda: sign() or victim.poll() is not None, "nodelab got that far")
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            lab.run([lab.NODELAB, "down", "--name", name])
            self.assertEqual(traces(name), [])
        self.assertEqual(machine(), before)

    def test_a_second_lab_of_the_same_name_is_refused(self):
        cluster = self.lab()
        done = lab.run([lab.NODELAB, "up", "--name", cluster.name, "--programs", str(lab.PROGRAMS)], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nodelab down", done.stderr)
        cluster.wait_up()

    def test_labs_do_not_disturb_each_other(self):
        first, second = self.lab(nodes=2), self.lab(nodes=2)
        first.wait_up()
        second.wait_up()
        lab.run([lab.NODELAB, "down", "--name", first.name])
        self.assertEqual(second.ctl("run", "all", "--", "/bin/hostname").stdout.count("\n"), 2)

    def test_a_lab_that_is_not_there(self):
        done = lab.run([lab.NODELAB, "ctl", "--name", "no-such-lab", "--", "status"], check=False)
        self.assertEqual((done.returncode, "no-such-lab" in done.stderr), (1, True))


if __name__ == "__main__":
    lab.main()
