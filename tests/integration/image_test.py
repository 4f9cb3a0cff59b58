#!/usr/bin/python3
"""nodeimage: the same image from the same input, complete, and refusals that say what to do."""

import hashlib
import pathlib
import tempfile
import unittest

import lab

NODEIMAGE = str(lab.TREE / "initrd/nodeimage")
MODULES = str(lab.TREE / "build/toolchain/kernel/modules")
NODEINIT = str(lab.PROGRAMS / "nodeinit")


class Image(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def nodeimage(self, *words, name="node.img", **options):
        return lab.run([NODEIMAGE, "-o", str(self.folder / name), *words], **options)

    def refused(self, *words):
        done = self.nodeimage(*words, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(list(self.folder.glob("node.img*")), "a refused image is not half written")
        return done.stderr

    def test_the_same_input_gives_the_same_bytes(self):
        for name in ("one", "two"):
            self.nodeimage("--init", NODEINIT, "--kernel-modules", MODULES, "--modules", "virtio_net,virtio_pci", name=name)
            self.nodeimage("--init", NODEINIT, "--compress", "gzip", name=name + ".gz")
        digests = [hashlib.sha256((self.folder / name).read_bytes()).digest() for name in ("one", "two", "one.gz", "two.gz")]
        self.assertEqual((digests[0], digests[2]), (digests[1], digests[3]))

    def test_modules_come_with_what_they_need(self):
        listing = self.nodeimage("--init", NODEINIT, "--kernel-modules", MODULES, "--modules", "virtio-net", "--list").stdout
        for module in ("virtio_net.ko", "net_failover.ko", "failover.ko", "virtio_ring.ko", "virtio.ko", "modules.dep"):
            self.assertIn("/" + module, listing)
        self.assertNotIn("nfs.ko", listing)

    def test_the_kernels_own_parser_takes_it(self):
        """Unpacked by node-container in test labs; here: every header is where the last entry ends."""
        self.nodeimage("--init", NODEINIT)
        image, offset, seen = (self.folder / "node.img").read_bytes(), 0, []
        while not seen or seen[-1] != "TRAILER!!!":
            self.assertEqual(image[offset:offset + 6], b"070701")
            fields = [int(image[offset + 6 + 8 * i:offset + 14 + 8 * i], 16) for i in range(13)]
            seen.append(image[offset + 110:offset + 109 + fields[11]].decode())
            offset = (offset + 110 + fields[11] + 3 & ~3) + fields[6] + 3 & ~3
        self.assertEqual(len(image) % 512, 0)
        for path in ("init", "dev/console", "dev/null", "proc", "sys", "run", "tmp", "etc"):
            self.assertIn(path, seen)

    def test_refusals(self):
        broken = self.folder / "broken.toml"
        broken.write_text("[network\n")
        self.assertIn("dynamically linked", self.refused("--init", "/bin/ls"))
        self.assertIn("not a 64-bit", self.refused("--init", __file__))
        self.assertIn("/no/such/init", self.refused("--init", "/no/such/init"))
        self.assertIn("broken.toml", self.refused("--init", NODEINIT, "--config", str(broken)))
        self.assertIn("depmod", self.refused("--init", NODEINIT, "--kernel-modules", "/tmp", "--modules", "nfs"))
        self.assertIn("no-such-module", self.refused("--init", NODEINIT, "--kernel-modules", MODULES,
                                                     "--modules", "no-such-module"))
        self.assertIn("--kernel-modules", self.refused("--init", NODEINIT, "--modules", "nfs"))


if __name__ == "__main__":
    lab.main()
