#!/usr/bin/python3
"""PID 1 reaps whatever is left to it, however much that is, and goes on answering."""

import lab

ORPHANS = 10_000
QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "10s"\n'


class Orphans(lab.LabTest):
    def test_ten_thousand_orphans_are_reaped(self):
        cluster = self.lab(config=QUICK)
        cluster.wait_up()
        cluster.ctl("run", "0", "--", str(lab.PROGRAMS / "orphans"), str(ORPHANS), timeout=200)
        lab.eventually(lambda: cluster.status(0)["usage"]["orphans"] >= ORPHANS, "PID 1 counts them all")
        self.assertEqual(len(cluster.processes("n0")), 2, "the machine and its PID 1: no zombie is left")
        self.assertEqual(cluster.status(0)["state"], "up")
        self.assertNotIn("down", cluster.frontend_log().split("boot -> up")[-1])


if __name__ == "__main__":
    lab.main()
