#!/usr/bin/python3
"""The machine that nodelab makes of namespaces: what it boots, what it refuses, and how it starts."""

import gzip
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "initrd"))

import lab  # noqa: E402
from newc import Archive  # noqa: E402


def archive_with(path):
    archive = Archive()
    archive.file(path, b"")
    return archive.encode()


class Machine(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.class_lab(nodes=1)
        cls.image = cls.cluster.state / "node.img"

    def boot_with(self, image):
        """What a machine says that boots this image."""
        good = self.image.read_bytes()
        self.addCleanup(self.image.write_bytes, good)
        self.cluster.nodelab("power-cut", 0, check=False)
        self.cluster.wait("0", "down")
        before = len(self.cluster.console(0))
        self.image.write_bytes(image)
        self.cluster.nodelab("power-on", 0)
        lab.eventually(lambda: "machine died" in self.cluster.console(0)[before:], "the machine gives up")
        return self.cluster.console(0)[before:]

    def test_broken_images_are_refused(self):
        good = self.image.read_bytes()
        for image, reason in ((good[:len(good) // 2], "cut short"), (gzip.compress(good), "compressed"), (b"", "no cpio header"),
                              (archive_with("a/../../b"), "leads out"), (archive_with("etc/motd"), "execute /init")):
            with self.subTest(reason):
                self.assertIn(reason, self.boot_with(image))

    def test_starts_as_the_kernel_starts_it(self):
        self.cluster.nodelab("power-on", 0, check=False)
        self.cluster.wait_up()
        environment = pathlib.Path(f"/proc/{self.cluster.pid1(0)}/environ").read_bytes().split(b"\0")
        self.assertEqual(sorted(filter(None, environment)), [b"HOME=/", b"TERM=linux"])
        self.assertIn("set the hostname to n0", self.cluster.console(0))
        self.assertNotIn("set the hostname to n0: nothing to do", self.cluster.console(0))


if __name__ == "__main__":
    lab.main()
