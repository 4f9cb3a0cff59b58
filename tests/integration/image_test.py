#!/usr/bin/python3
"""nodeimage: the same image from the same input, complete, and refusals that say what to do."""

import hashlib
import os
import pathlib
import tempfile
import unittest

import lab

NODEIMAGE = str(lab.TREE / "initrd/nodeimage")
MODULES = str(lab.TREE / "build/toolchain/kernel/modules")
NODEINIT = str(lab.PROGRAMS / "nodeinit")
SECRET = "front-end.key"


def entries(image):
    """path -> (mode, content), every header being where the last entry ends."""
    offset, found = 0, {}
    while "TRAILER!!!" not in found:
        if image[offset:offset + 6] != b"070701":
            raise AssertionError(f"no header at {offset}")
        fields = [int(image[offset + 6 + 8 * i:offset + 14 + 8 * i], 16) for i in range(13)]
        name = image[offset + 110:offset + 109 + fields[11]].decode()
        begin = offset + 110 + fields[11] + 3 & ~3
        found[name] = fields[1], image[begin:begin + fields[6]]
        offset = begin + fields[6] + 3 & ~3
    return found


class Image(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.keys = self.keygen("keys")

    def keygen(self, name, *words):
        lab.run([str(lab.PROGRAMS / "nodemaster"), "keygen", *words, str(self.folder / name)])
        return self.folder / name

    def nodeimage(self, *words, name="node.img", keys=True, **options):
        with_keys = ["--keys", str(self.keys)] if keys else []
        return lab.run([NODEIMAGE, "-o", str(self.folder / name), *with_keys, *words], **options)

    def refused(self, *words, **options):
        done = self.nodeimage(*words, check=False, **options)
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
        image = (self.folder / "node.img").read_bytes()
        seen = entries(image)
        self.assertEqual(len(image) % 512, 0)
        for path in ("init", "dev/console", "dev/null", "proc", "sys", "run", "tmp", "etc"):
            self.assertIn(path, seen)

    def test_keys_of_the_front_end_are_pinned_and_its_secret_stays_at_home(self):
        self.nodeimage("--init", NODEINIT)
        seen = entries((self.folder / "node.img").read_bytes())
        self.assertEqual(seen["etc/nodeinit/front-end.pub"][1], (self.keys / "front-end.pub").read_bytes())
        mode, content = seen["etc/nodeinit/cluster.key"]
        self.assertEqual((mode & 0o777, content), (0o600, (self.keys / "cluster.key").read_bytes()))
        secret = (self.keys / SECRET).read_text().split()[1]
        image = (self.folder / "node.img").read_bytes()
        self.assertNotIn(secret.encode(), image)
        self.assertNotIn(bytes.fromhex(secret), image)
        self.assertEqual((self.folder / "node.img").stat().st_mode & 0o077, 0, "it holds the cluster key")

    def test_what_lies_beside_the_image_is_not_written_to(self):
        """An older draft that everybody may read, or a link that somebody has planted for it."""
        image, draft, victim = (self.folder / name for name in ("node.img", "node.img.new", "victim"))
        victim.write_text("theirs")
        for plant in (lambda: draft.write_text("older"), lambda: draft.symlink_to(victim)):
            draft.unlink(missing_ok=True)
            plant()
            draft.chmod(0o666)
            before = draft.read_text()
            self.nodeimage("--init", NODEINIT)
            self.assertEqual(image.stat().st_mode & 0o777, 0o600)
            self.assertFalse(image.is_symlink())
            self.assertEqual(draft.read_text(), before)
            self.assertEqual(sorted(self.folder.glob("node.img*")), [image, draft], "no other draft stays")

    def test_an_image_that_cannot_take_its_name_leaves_nothing(self):
        (self.folder / "node.img").mkdir()
        done = self.nodeimage("--init", NODEINIT, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual([path.name for path in self.folder.glob("node.img*")], ["node.img"])

    def test_a_cluster_without_a_cluster_key(self):
        self.keys = self.keygen("public", "--no-cluster-key")
        self.nodeimage("--init", NODEINIT)
        seen = entries((self.folder / "node.img").read_bytes())
        self.assertIn("etc/nodeinit/front-end.pub", seen)
        self.assertNotIn("etc/nodeinit/cluster.key", seen)

    def test_an_image_that_would_trust_nobody_is_not_built_by_mistake(self):
        self.assertIn("--keys", self.refused("--init", NODEINIT, keys=False))
        settings = self.folder / "nodeinit.toml"
        for text, good in (("insecure = false\n", False), ('insecure = "true"\n', False), ("insecure = true\n", True)):
            settings.write_text(text)
            with self.subTest(text):
                done = self.nodeimage("--init", NODEINIT, "--config", str(settings), keys=False, check=False)
                self.assertEqual(done.returncode == 0, good, done.stderr)
        self.nodeimage("--init", NODEINIT, "--force", keys=False)

    def test_keys_that_are_none(self):
        public, cluster, secret = (self.keys / name for name in ("front-end.pub", "cluster.key", SECRET))
        good = public.read_text(), cluster.read_text()
        wrong = {"the secret key": (public, secret.read_text()), "cut short": (public, good[0][:-3]),
                 "not digits": (cluster, "nodeinit-cluster-key " + 64 * "x"), "another kind": (cluster, good[0]),
                 "empty": (cluster, "")}
        for what, (path, text) in wrong.items():
            with self.subTest(what):
                public.write_text(good[0])
                cluster.write_text(good[1])
                path.write_text(text)
                said = self.refused("--init", NODEINIT)
                self.assertIn(str(path), said)
                self.assertNotIn(secret.read_text().split()[1], said)
        public.unlink()
        self.assertIn(str(public), self.refused("--init", NODEINIT))

    def test_only_a_cluster_key_that_is_not_there_is_an_absent_one(self):
        cluster, spare = self.keys / "cluster.key", self.folder / "spare.key"
        cluster.rename(spare)
        plants = {"dangling": (lambda: cluster.symlink_to("/no/such/key"), "cannot read"),
                  "loop": (lambda: cluster.symlink_to(cluster), "cannot read"),
                  "fifo": (lambda: os.mkfifo(cluster, 0o600), "not a regular file"),
                  "link to a fifo": (lambda: (os.mkfifo(self.folder / "fifo"), cluster.symlink_to(self.folder / "fifo")),
                                     "not a regular file"),
                  "directory": (cluster.mkdir, "irectory")}
        for what, (plant, reason) in plants.items():
            with self.subTest(what):
                plant()
                said = self.refused("--init", NODEINIT)
                self.assertIn(str(cluster), said)
                self.assertIn(reason, said)
                cluster.rmdir() if what == "directory" else cluster.unlink()
        cluster.symlink_to(spare)
        self.nodeimage("--init", NODEINIT)
        self.assertEqual(entries((self.folder / "node.img").read_bytes())["etc/nodeinit/cluster.key"][1], spare.read_bytes())

    def test_keys_that_others_may_read_or_change_are_refused(self):
        for name, modes, good in (("cluster.key", (0o640, 0o604, 0o620, 0o602, 0o666), 0o600),
                                  ("front-end.pub", (0o664, 0o646), 0o644)):
            for mode in modes:
                with self.subTest(f"{name} {mode:o}"):
                    (self.keys / name).chmod(mode)
                    self.assertIn(f"chmod {good:o} {self.keys / name}", self.refused("--init", NODEINIT))
            (self.keys / name).chmod(good)
        self.nodeimage("--init", NODEINIT)

    def test_keys_of_a_stranger_are_refused(self):
        for name in ("cluster.key", "front-end.pub"):
            with self.subTest(name):
                os.chown(self.keys / name, 4711, -1)
                said = self.refused("--init", NODEINIT)
                self.assertIn(f"{self.keys / name} belongs to uid 4711", said)
                self.assertIn(f"chown {os.geteuid()} {self.keys / name}", said)
                os.chown(self.keys / name, os.geteuid(), -1)
        self.nodeimage("--init", NODEINIT)

    def test_a_public_key_that_nodes_refuse_is_refused(self):
        public = self.keys / "front-end.pub"
        good = public.read_text()
        for digits in (64 * "0", "01" + 62 * "0", "ec" + 60 * "f" + "7f", "ed" + 60 * "f" + "ff", "ee" + 60 * "f" + "7f",
                       "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                       "5F9C95BCA3508C24B1D0B1559C83EF5B04445CC4581C8E86D8224EDDD09F1157"):
            with self.subTest(digits):
                public.write_text(f"nodeinit-front-end-public-key {digits}\n")
                said = self.refused("--init", NODEINIT)
                self.assertIn(f"{public} is a key of low order", said)
                self.assertIn("nodemaster keygen", said)
        public.write_text(good)
        self.nodeimage("--init", NODEINIT)

    def test_a_folder_of_keys_that_others_may_write_to_is_warned_of(self):
        self.assertEqual(self.nodeimage("--init", NODEINIT).stderr, "")
        self.keys.chmod(0o775)
        self.assertIn(f"warning: others than the owner of {self.keys} may put other keys there: chmod go-w {self.keys}",
                      self.nodeimage("--init", NODEINIT).stderr)
        self.keys.chmod(0o755)
        os.chown(self.keys, 4711, -1)
        self.assertIn(f"{self.keys} belongs to uid 4711", self.nodeimage("--init", NODEINIT).stderr)

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
