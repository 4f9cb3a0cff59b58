#!/usr/bin/python3
"""A cluster comes up, shows itself, and runs commands: 16 nodes on a bridge, 256 on macvlans."""

import lab

STATUS_FIELDS = {"node", "name", "state", "address", "mac", "since", "reason", "boot_seconds"}


class SixteenNodes(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=16)
        cls.cluster.wait_up()

    def test_every_node_runs_the_command_once(self):
        done = self.cluster.ctl("run", "-l", "all", "--", "/bin/hostname")
        labels_and_names = sorted(tuple(line.replace(":", " ").split()) for line in done.stdout.splitlines())
        self.assertEqual(labels_and_names, sorted((f"n{node}", f"n{node}") for node in range(16)))

    def test_streams_and_exit_status_come_back(self):
        done = self.cluster.ctl("run", "3", "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 7", check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("out\n", "err\n", 7))

    def test_the_worst_exit_status_of_all_counts(self):
        # Nothing but the shell itself is on the nodes.
        script = "read -r name < /proc/sys/kernel/hostname; case $name in n5) exit 9;; n6) kill -TERM $$;; esac"
        self.assertEqual(self.cluster.ctl("run", "0-5", "--", "/bin/sh", "-c", script, check=False).returncode, 9)
        self.assertEqual(self.cluster.ctl("run", "0-6", "--", "/bin/sh", "-c", script, check=False).returncode, 128 + 15)

    def test_status_is_complete(self):
        rows = self.cluster.status()
        self.assertEqual([row["node"] for row in rows], list(range(16)))
        self.assertEqual(STATUS_FIELDS - rows[9].keys(), set())
        self.assertEqual((rows[9]["name"], rows[9]["state"], rows[9]["address"], rows[9]["mac"]),
                         ("n9", "up", "10.9.1.9", "52:54:00:09:00:09"))
        self.assertGreater(rows[9]["boot_seconds"], 0)
        table = self.cluster.ctl("status", "0-3").stdout.splitlines()
        self.assertEqual(len(table), 5, "one heading and one line per node")

    def test_boot_log_tells_the_phases(self):
        text = self.cluster.ctl("boot-log", "2").stdout
        for phase in ("start", "network", "join", "setup"):
            self.assertIn(phase, text)

    def test_much_output_arrives_whole(self):
        done = self.cluster.ctl("run", "0", "--", "/usr/bin/seq", "200000")
        self.assertEqual(done.stdout, "".join(f"{number}\n" for number in range(1, 200001)))

    def test_usage_errors_are_status_2(self):
        for words in (["run", "99", "--", "/bin/true"], ["status", "no-such-set"], ["nonsense"]):
            done = self.cluster.ctl(*words, check=False)
            self.assertEqual((done.returncode, bool(done.stderr)), (2, True), words)


class ManyNodes(lab.LabTest):
    def test_256_nodes_come_up_without_a_storm(self):
        cluster = self.lab(nodes=256)
        cluster.wait_up(seconds=120)
        rows = cluster.status()
        requests = [row["address_requests"] for row in rows]
        self.assertEqual(len(requests), 256)
        self.assertGreaterEqual(min(requests), 1)
        # Without jitter and backoff every lost answer would be asked for again by everybody.
        self.assertLess(sum(requests) / len(requests), 10, requests)
        done = cluster.ctl("run", "all", "--", "/bin/hostname")
        self.assertEqual(sorted(done.stdout.split()), sorted(row["name"] for row in rows))


if __name__ == "__main__":
    lab.main()
