#!/usr/bin/python3
"""Keys of all kinds, right and wrong, in images and at front ends: who joins whom, and what the others say."""

import os
import pathlib
import shutil
import signal
import stat
import tempfile
import unittest

import lab
import noise

MASTER = str(lab.PROGRAMS / "nodemaster")
NODEIMAGE = str(lab.TREE / "initrd/nodeimage")


def keygen(folder, *words, **options):
    return lab.run([MASTER, "keygen", *words, str(folder)], **options)


def short(key):
    return noise.fingerprint("public", key).hex()


class KeyTest(lab.LabTest):
    def image(self, cluster, keys, settings="[network]\nprefix = 16\n"):
        """What nodes of the lab boot from now on; `keys`: a folder, or None."""
        config = cluster.file("nodeinit.toml", settings)
        words = ["--keys", str(keys)] if keys else ["--force"]
        lab.run([NODEIMAGE, "--init", str(lab.PROGRAMS / "nodeinit"), "--config", config, *words,
                 "-o", str(cluster.state / "node.img")])

    def copy_of_keys(self, cluster, name):
        return pathlib.Path(shutil.copytree(cluster.state / "keys", pathlib.Path(cluster.folder.name, name)))

    def other_keys(self, cluster, name="other"):
        folder = pathlib.Path(cluster.folder.name, name)
        keygen(folder)
        return folder

    def front_end_says(self, cluster, *words):
        lab.eventually(lambda: any(all(word in line for word in words) for line in cluster.frontend_log().splitlines()),
                       f"a line of the front end's log has all of {words}")

    def stays_away(self, cluster, node, reason, tries=4):
        """One line of the console has the reason and tells of another try; the node has not joined by then."""
        line = f"; try {tries + 1} in"
        lab.eventually(lambda: any(reason in text and line in text for text in cluster.console(node).splitlines()),
                       f"the console of n{node} says {reason!r} and {line!r}")
        self.assertEqual(cluster.status(node)["state"], "down")

    def take_keys(self, cluster, folder):
        """The front end's, from when it reads them next."""
        shutil.rmtree(cluster.state / "keys")
        shutil.copytree(folder, cluster.state / "keys")


class Images(KeyTest):
    def test_only_nodes_with_the_right_image_join(self):
        cluster = self.lab(nodes=7, powered_off=True)
        ours = noise.Keys(cluster.state / "keys")
        others = self.other_keys(cluster)
        other_cluster, no_cluster = (self.copy_of_keys(cluster, name) for name in ("other-cluster", "no-cluster"))
        shutil.copy(others / "cluster.key", other_cluster / "cluster.key")
        (no_cluster / "cluster.key").unlink()
        insecure = "insecure = true\n[network]\nprefix = 16\n"
        images = [(others,), (other_cluster,), (no_cluster,), (None,), (None, insecure), (cluster.state / "keys", insecure),
                  (cluster.state / "keys",)]
        for node, image in enumerate(images):
            self.image(cluster, *image)
            cluster.nodelab("power-on", node)
            cluster.says(node, "nodeinit")  # it runs: it has the image
        cluster.wait("5,6")

        pinned = short(noise.Keys(others).public)
        self.stays_away(cluster, 0, f"another one than this node's image pins, whose key is {pinned}")
        self.front_end_says(cluster, "10.9.1.0:", "n0, 52:54:00:09:00:00", short(ours.public), pinned, "pins")
        self.stays_away(cluster, 1, "another cluster key than this node's image")
        self.front_end_says(cluster, "10.9.1.1:", "n1, 52:54:00:09:00:01", "its image has the cluster key")
        self.stays_away(cluster, 2, "the front end has a cluster key and this node none")
        self.front_end_says(cluster, "10.9.1.2:", "n2, 52:54:00:09:00:02", "its image has no cluster key: build it")
        cluster.says(3, "the image pins no front end key, so this node trusts nobody")
        self.stays_away(cluster, 4, "the front end has keys and this node none")
        self.front_end_says(cluster, "10.9.1.4:", "n4, 52:54:00:09:00:04", "it comes in the clear")
        cluster.says(5, "insecure = true ignored: the image pins its front end's key")

        rows = cluster.status()
        self.assertEqual([row["state"] for row in rows], 5 * ["down"] + 2 * ["up"])
        self.assertEqual([row["channel"] for row in rows], 5 * [""] + 2 * ["Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b"])
        self.assertEqual(cluster.ctl("status").stderr, "", "there is nothing to note")
        self.assertNotIn("10.9.1.3:", cluster.frontend_log(), "who trusts nobody talks to nobody")
        self.assertEqual(cluster.console(3).count("trusts nobody"), 1)

    def test_without_a_cluster_key(self):
        cluster = self.lab(nodes=2, config="[security]\ncluster_key = false\n")
        cluster.wait_up()
        self.assertEqual({row["channel"] for row in cluster.status()}, {"Noise_NK_25519_ChaChaPoly_BLAKE2b"})
        self.assertIn("cluster_key: is off: any machine", cluster.frontend_log())
        self.assertIn("note: no cluster key", cluster.ctl("status").stderr)
        self.assertEqual(cluster.ctl("run", "all", "--", "/bin/echo", "well").stdout, "well\nwell\n")
        # A node that has a cluster key shows it to nobody who does not want it.
        keys = self.copy_of_keys(cluster, "with-cluster")
        shutil.copy(self.other_keys(cluster) / "cluster.key", keys)
        self.image(cluster, keys)
        cluster.nodelab("power-cut", 1)
        cluster.wait("1", "down")
        cluster.nodelab("power-on", 1)
        self.stays_away(cluster, 1, "cluster_key = false is set on the front end", tries=2)

    def test_a_lab_with_keys_that_its_configuration_names(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder, "keys")
            keygen(keys, "--no-cluster-key")
            cluster = self.lab(config=f'[security]\nkeys = "{keys}"\ncluster_key = false\n')
            cluster.wait_up()
            self.assertFalse((cluster.state / "keys").exists(), "none are made")
            self.assertEqual(cluster.status(0)["channel"], "Noise_NK_25519_ChaChaPoly_BLAKE2b")

    def test_a_node_with_keys_and_a_front_end_in_the_clear(self):
        with tempfile.TemporaryDirectory() as folder:
            keygen(pathlib.Path(folder, "keys"))
            cluster = self.lab(insecure=True, node_keys=f"{folder}/keys")
        self.stays_away(cluster, 0, "insecure = true is set on the front end and this node's image has keys: remove", tries=2)
        self.front_end_says(cluster, "10.9.1.0:", "n0, 52:54:00:09:00:00",
                            "its image has keys and insecure = true is set here: remove the one or the other")
        self.assertIn("note: insecure = true", cluster.ctl("status").stderr, "whoever is connected")

    def test_a_lab_in_the_clear(self):
        cluster = self.lab(insecure=True)
        cluster.wait_up()
        self.assertEqual(cluster.status(0)["channel"], "in the clear")
        self.assertIn("insecure: whoever can reach", cluster.frontend_log())
        self.assertIn("note: insecure = true", cluster.ctl("status").stderr)
        self.assertIn("insecure = true: whoever answers", cluster.console(0))


class FrontEnds(KeyTest):
    def test_another_front_end_in_the_place_of_the_right_one(self):
        cluster = self.lab(nodes=2)
        cluster.wait_up()
        right, pids = self.copy_of_keys(cluster, "right"), [cluster.pid1(node) for node in range(2)]
        cluster.nodelab("stop-frontend")
        self.take_keys(cluster, self.other_keys(cluster))
        cluster.nodelab("start-frontend")
        for node in range(2):
            self.stays_away(cluster, node, "the front end is another one than this node's image pins", tries=2)
        cluster.nodelab("stop-frontend")
        self.take_keys(cluster, right)
        cluster.nodelab("start-frontend")
        cluster.wait_up()
        self.assertEqual([cluster.pid1(node) for node in range(2)], pids, "they have waited for the right one")

    def test_new_keys_under_way(self):
        cluster = self.lab(nodes=2)
        cluster.wait_up()
        before = cluster.status(0)
        self.take_keys(cluster, self.other_keys(cluster))
        lab.run(["kill", "-HUP", str(cluster.nodemaster())])
        lab.eventually(lambda: "took over" in cluster.frontend_log(), "it has read them")
        cluster.nodelab("power-cut", 1)
        cluster.wait("1", "down")
        cluster.nodelab("power-on", 1)
        self.stays_away(cluster, 1, "the front end is another one than this node's image pins", tries=2)
        self.front_end_says(cluster, "10.9.1.1:", "its image pins the front end with key")
        self.image(cluster, cluster.state / "keys")
        cluster.nodelab("power-cut", 1)
        cluster.nodelab("power-on", 1)
        cluster.wait_up()
        self.assertEqual(cluster.status(0)["since"], before["since"], "n0 has stayed all the while")
        self.assertEqual(cluster.ctl("run", "all", "--", "/bin/echo", "well").stdout, "well\nwell\n")

    def test_new_keys_that_are_not_good_change_nothing(self):
        cluster = self.lab()
        cluster.wait_up()
        (cluster.state / "keys/front-end.key").chmod(0o644)
        lab.run(["kill", "-HUP", str(cluster.nodemaster())])
        self.front_end_says(cluster, "keys/front-end.key is a secret", "chmod 600")
        self.front_end_says(cluster, "the old one stays in force")
        cluster.nodelab("power-cut", 0)
        cluster.nodelab("power-on", 0)
        cluster.wait_up()


class Files(unittest.TestCase):
    NAMES = {"front-end.key": 0o600, "front-end.pub": 0o644, "cluster.key": 0o600}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.keys = self.folder / "keys"
        self.config = self.folder / "cluster.toml"
        self.config.write_text('name = "c"\n[front_end]\ninterface = "lo"\naddress = "10.9.0.1"\n'
                               '[[nodes]]\nnode = 0\nmac = "52:54:00:09:00:00"\naddress = "10.9.1.0"\n')

    def check(self):
        done = lab.run([MASTER, "check", "--config", str(self.config)], check=False)
        return done.returncode, done.stdout + done.stderr

    def modes(self):
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.keys.iterdir()}

    def test_keygen_makes_files_with_the_right_modes(self):
        for mask in (0, 0o022, 0o077):  # whatever the caller's habits are
            with self.subTest(oct(mask)):
                keygen(self.keys, preexec_fn=lambda: os.umask(mask))
                self.assertEqual(self.modes(), self.NAMES)
                self.assertEqual(self.check()[0], 0)
                shutil.rmtree(self.keys)
        keygen(self.keys, "--no-cluster-key")
        self.assertEqual(self.modes(), {"front-end.key": 0o600, "front-end.pub": 0o644})

    def test_keygen_overwrites_nothing(self):
        for there in self.NAMES:
            with self.subTest(there):
                self.keys.mkdir()
                (self.keys / there).write_text("precious")
                done = keygen(self.keys, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(str(self.keys / there), done.stderr)
                self.assertEqual([path.read_text() for path in self.keys.iterdir()], ["precious"])
                shutil.rmtree(self.keys)

    def test_keygen_on_a_full_disk_leaves_nothing(self):
        full = self.folder / "full"
        full.mkdir()
        for pages in range(3):  # of the file system; a key takes one
            with self.subTest(pages=pages):
                script = f"""mount -t tmpfs -o size={max(4 * pages, 1)}k,nr_inodes=99 tmpfs {full} || exit 9
                             [ {pages} != 0 ] || dd if=/dev/zero of={full}/filler bs=4k 2>/dev/null
                             {MASTER} keygen {full}/new/keys; status=$?
                             rm -f {full}/filler; ls -A {full}; exit $status"""
                done = lab.run(["unshare", "--mount", "sh", "-c", script], check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn("no keys are made", done.stderr)
                self.assertIn("No space left on device", done.stderr)

    def test_keygen_that_cannot_say_what_it_has_made_fails(self):
        done = lab.run(["sh", "-c", f"{MASTER} keygen {self.keys} > /dev/full"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"keys are made in {self.keys}", done.stderr)
        self.assertEqual(self.modes(), self.NAMES)

    def test_a_directory_without_a_name_is_none(self):
        done = keygen("", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("DIRECTORY", done.stderr)
        self.assertIn("is empty", done.stderr)

    def test_keygen_never_says_a_secret(self):
        said = keygen(self.keys)
        for name in ("front-end.key", "cluster.key"):
            self.assertNotIn((self.keys / name).read_text().split()[1], said.stdout + said.stderr)
        self.assertIn(short(noise.Keys(self.keys).public), said.stdout)

    def test_secrets_that_others_may_read_are_refused(self):
        keygen(self.keys)
        for name in ("front-end.key", "cluster.key"):
            for mode in (0o640, 0o604, 0o620, 0o644):
                with self.subTest(f"{name} {mode:o}"):
                    (self.keys / name).chmod(mode)
                    status, said = self.check()
                    self.assertEqual(status, 1)
                    self.assertIn(f"{self.keys / name} is a secret", said)
                    done = lab.run([MASTER, "--config", str(self.config)], check=False)
                    self.assertEqual((done.returncode, f"{self.keys / name} is a secret" in done.stderr), (1, True))
            (self.keys / name).chmod(0o600)
        self.assertEqual(self.check()[0], 0)

    def test_keys_that_are_not_there_or_no_keys(self):
        status, said = self.check()
        self.assertEqual((status, f"nodemaster keygen {self.keys}" in said), (1, True), said)
        keygen(self.keys)
        good = (self.keys / "front-end.key").read_text()
        for what, text, reason in (("swapped", (self.keys / "cluster.key").read_text(), "holds a cluster key"),
                                   ("cut short", good[:-4], "64 hexadecimal digits"), ("empty", "", "is not a key file"),
                                   ("another pair's", good[:-2] + ("0" if good[-2] != "0" else "1") + "\n",
                                    "front-end.pub is not of the secret key beside it")):
            with self.subTest(what):
                (self.keys / "front-end.key").write_text(text)
                status, said = self.check()
                self.assertEqual((status, reason in said), (1, True), said)
                self.assertNotIn(good.split()[1][:50], said, "what may be a secret is not said")


if __name__ == "__main__":
    lab.main()
