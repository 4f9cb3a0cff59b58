#!/usr/bin/python3
"""The address comes from Debian's own rarpd instead of nodemaster's responder."""

import pathlib
import subprocess

import lab

# rarpd reads /etc/ethers, which this machine may have or not: in its own mount namespace a folder lies over /etc.
SCRIPT = """set -e
mount -t overlay overlay -o "lowerdir=$1:/etc" /etc
exec rarpd -v -d -e lab0
"""


class Rarpd(lab.LabTest):
    def start_rarpd(self, cluster):
        cluster.file("ethers", "".join(f"52:54:00:09:00:0{node} 10.9.1.{node}\n" for node in range(cluster.nodes)))
        log = open(pathlib.Path(cluster.folder.name, "rarpd.log"), "wb")
        self.addCleanup(log.close)
        command = cluster.in_frontend("unshare", "--mount", "sh", "-c", SCRIPT, "rarpd", cluster.folder.name)
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        return pathlib.Path(log.name)

    def test_nodes_come_up_with_addresses_from_rarpd(self):
        cluster = self.lab(nodes=3, config="[front_end]\nrarp = false\n", powered_off=True)
        log = self.start_rarpd(cluster)
        cluster.nodelab("power-on", "0-2")
        cluster.wait_up()
        self.assertEqual([row["address"] for row in cluster.status()], ["10.9.1.0", "10.9.1.1", "10.9.1.2"])
        said = log.read_text(errors="replace").lower()
        for node in range(3):
            self.assertIn(f"10.9.1.{node}", said)


if __name__ == "__main__":
    lab.main()
