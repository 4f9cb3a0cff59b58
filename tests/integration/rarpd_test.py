#!/usr/bin/python3
"""The address comes from Debian's own rarpd instead of nodemaster's responder."""

import pathlib
import subprocess

import lab

# rarpd reads /etc/ethers and asks the resolver for names: both files are its own, in a mount namespace of its own.
SCRIPT = """set -e
mount --make-rprivate /
mount --bind "$1/ethers" /etc/ethers
exec rarpd -v -d -e lab0
"""


class Rarpd(lab.LabTest):
    def start_rarpd(self, cluster):
        cluster.file("ethers", "".join(f"52:54:00:09:00:0{node} 10.9.1.{node}\n" for node in range(cluster.nodes)))
        log = open(pathlib.Path(cluster.folder.name, "rarpd.log"), "wb")
        self.addCleanup(log.close)
        made = self.provide("/etc/ethers")
        if made:
            self.addCleanup(made.unlink)
        command = cluster.in_frontend("unshare", "--mount", "sh", "-c", SCRIPT, "rarpd", cluster.folder.name)
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        return pathlib.Path(log.name)

    @staticmethod
    def provide(path):
        """A file to mount over, if there is none."""
        file = pathlib.Path(path)
        if file.exists():
            return None
        file.touch()
        return file

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
