#!/usr/bin/python3
"""Thousands of connections that never become a node's: the nodes and the people who use them do not notice."""

import json
import os
import pathlib
import subprocess
import sys
import time

import lab

NODES = 16           # that are up; one more comes during the flood, and one is the place that it comes from
OLD = f"0-{NODES - 1}"
LATE, ATTACKER = NODES, NODES + 1
ADDRESSES = [f"10.9.{high}.{low}" for high in (200, 201) for low in range(1, 201)]  # no node's
SECONDS = 8            # of each of two floods
LINES_PER_MINUTE = 30  # of the log, about what strangers do
# A node that joins during a flood gets memory between that of strangers, and the allocator keeps what lies around it.
FRAGMENTS_KIB = 160


class Flood(lab.LabTest):
    def setUp(self):
        self.cluster = self.lab(nodes=NODES + 2, powered_off=True)
        self.cluster.nodelab("power-on", OLD)
        self.cluster.wait(OLD)
        self.say_something()
        self.master = self.cluster.nodemaster()
        self.counted = self.cluster.counted()
        self.connected = 0
        inside = ["nsenter", f"--net={self.cluster.namespace(f'n{ATTACKER}')}", "--"]
        commands = ["link set eth0 up"] + [f"address add {address}/16 dev eth0" for address in ADDRESSES]
        subprocess.run([*inside, "ip", "-batch", "-"], input="\n".join(commands).encode(), check=True)
        script = pathlib.Path(__file__).with_name("flood.py")
        self.command = [*inside, sys.executable, "-B", script, self.cluster.state / "keys", str(SECONDS), *ADDRESSES]

    def flood(self, meanwhile=lambda: None):
        """People go on working; `meanwhile` happens after the first of their commands. Returns nodemaster's memory
        afterwards."""
        open_files = files_of(self.master)
        flood = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(flood.communicate)
        self.addCleanup(flood.kill)
        lab.eventually(lambda: files_of(self.master) > open_files + 30, "the flood has reached nodemaster")
        runs = 0
        while flood.poll() is None:
            self.say_something()
            runs += 1
            if runs == 1:
                meanwhile()
                self.assertIsNone(flood.poll(), "the flood was on all the while")
        figures = json.loads(flood.stdout.read())
        self.assertEqual(flood.returncode, 0)
        self.assertGreater(runs, 3)
        self.assertGreater(figures["connected"], 2200, "they have come again")
        self.connected += figures["connected"]
        lab.eventually(lambda: files_of(self.master) <= open_files + 2, "no connection is left but a late node's two")
        self.say_something()
        return resident_kib(self.master)

    def a_late_node_joins(self):
        self.cluster.nodelab("power-on", LATE)
        self.cluster.wait(str(LATE))

    def test_floods_from_addresses_that_no_node_has(self):
        before, resident, said = self.cluster.status()[:NODES], resident_kib(self.master), len(self.cluster.frontend_log())
        began = time.monotonic()
        after_one = self.flood()
        self.assertLess(after_one, 1.1 * resident, "what a flood takes is given back")
        after_two = self.flood(self.a_late_node_joins)
        self.assertLess(after_two, after_one + FRAGMENTS_KIB, "another flood takes no more, a late node a little")

        after = self.cluster.status()
        self.assertEqual([(row["state"], row["since"]) for row in after[:NODES]],
                         [(row["state"], row["since"]) for row in before])
        self.assertEqual(after[LATE]["state"], "up")
        self.check_log(self.cluster.frontend_log()[said:].splitlines(), time.monotonic() - began)
        lab.eventually(lambda: self.refused() >= self.connected, "all of them have been counted")
        self.assertEqual(self.refused(), self.connected, "each has been counted once")
        self.assertGreater(self.cluster.counted()["evicted"], 1000)

    def check_log(self, lines, seconds):
        strangers = [line for line in lines if "did not become a node's" in line]
        self.assertTrue(strangers, "it is said at all")
        self.assertLessEqual(len(strangers), LINES_PER_MINUTE * (2 + seconds // 60))
        others = [line for line in lines if line not in strangers and "are not shown for a minute" not in line]
        self.assertTrue(all(f"n{LATE}:" in line for line in others), others)

    def refused(self):
        return sum(self.cluster.counted().values()) - sum(self.counted.values())

    def say_something(self):
        self.assertEqual(self.cluster.ctl("run", OLD, "--", "/bin/echo", "well").stdout, NODES * "well\n")

def files_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


if __name__ == "__main__":
    lab.main()
