#!/usr/bin/python3
"""What the nodes' network shows to whoever listens on it, and what it lets him do."""

import hashlib
import os
import pathlib
import secrets
import struct
import subprocess

import lab
import noise
import wire

MAC = [bytes.fromhex("525400090000"), bytes.fromhex("525400090001")]  # of nodes
STRANGER = "10.9.200.1"  # no node's address
PATIENT = '[heartbeat]\ninterval = "1m"\nsilence_limit = "20m"\n'  # nothing here is due to silence
FILE_STEP = '[[step]]\nkind = "file"\nsource = "%s"\npath = "/etc/content"\n'


class Capture:
    """What passes the front end's link meanwhile."""

    def __init__(self, cluster):
        self.file = pathlib.Path(cluster.folder.name, "capture")
        command = cluster.in_frontend("tcpdump", "-i", "lab0", "-w", self.file, "-U", "--immediate-mode", "-Z", "root",
                                      "-B", "16384", "-s", "0")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        while "listening on" not in (line := self.process.stderr.readline()):
            if not line:
                raise AssertionError("tcpdump ends before it listens")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=lab.PATIENCE)

    def bytes(self):
        return self.file.read_bytes()


class Listener(lab.LabTest):
    """Somebody reads all that passes by."""

    def heard(self, **options):
        """Which of the words that nobody should know are in the capture, after all of them have travelled."""
        words = {what: f"{what}-{secrets.token_hex(20)}" for what in ("content", "program", "argument", "script")}
        cluster = self.lab(nodes=2, powered_off=True, **options)
        plan = cluster.file("node_up.toml", FILE_STEP % cluster.file("content", words["content"]))
        script = cluster.file(words["program"], f"#!/bin/sh\n# {words['script']}\necho $1\n", 0o755)
        config = cluster.state / "cluster.toml"
        config.write_text(config.read_text().replace(str(lab.TREE / "examples/node_up.toml"), plan))
        cluster.nodelab("stop-frontend")
        with Capture(cluster) as capture:
            cluster.nodelab("start-frontend")
            cluster.nodelab("power-on", "0-1")
            cluster.wait_up()
            said = cluster.ctl("run", "all", "--", script, words["argument"]).stdout
            self.assertEqual(said, 2 * (words["argument"] + "\n"))
            # The last of what travels has been written down when this is there, and the capture is not an empty one.
            cluster.nodelab("power-cut", 1)
            cluster.nodelab("power-on", 1)
            cluster.wait_up()
            lab.eventually(lambda: capture.bytes().count(wire.MAGIC) >= 6, "three nodes' preambles are in the capture")
        words["kernel"] = os.uname().release
        return {what for what, word in words.items() if word.encode() in capture.bytes()}

    def test_who_listens_learns_nothing(self):
        self.assertEqual(self.heard(), set())

    def test_who_listens_learns_all_where_nothing_is_secured(self):
        self.assertEqual(self.heard(insecure=True), {"content", "program", "argument", "script", "kernel"})


class Insider(lab.LabTest):
    """Somebody on the nodes' network; at his worst he has the keys that are in an image."""

    @classmethod
    def setUpClass(cls):
        cls.content = os.urandom(1 << 20)
        cls.source = pathlib.Path(f"/tmp/content-{os.getpid()}")
        cls.addClassCleanup(cls.source.unlink)
        cls.source.write_bytes(cls.content)
        cls.cluster = cls.class_lab(nodes=2, config=PATIENT, plan=FILE_STEP % cls.source)
        cls.cluster.wait_up()
        wire.add_address(cls.cluster, STRANGER)

    def setUp(self):
        self.cluster.wait_up()
        self.before = self.cluster.status(0)

    def tearDown(self):
        now = self.cluster.status(0)
        self.assertEqual((now["state"], now["since"]), ("up", self.before["since"]), "n0 has not noticed")

    def log_says(self, *words):
        lab.eventually(lambda: any(all(word in line for word in words) for line in self.cluster.frontend_log().splitlines()),
                       f"a line of the front end's log has all of {words}", 10)

    def without_node_1(self):
        """Leaves its place to the test, for a while."""
        self.cluster.nodelab("power-cut", 1)
        self.addCleanup(self.cluster.nodelab, "power-on", 1)
        self.cluster.wait("1", "down")

    def test_a_second_machine_with_the_address_of_a_node(self):
        with self.cluster.counts("number_taken"), wire.connect(self.cluster, source=STRANGER) as channel:
            channel.sendall(wire.frame(wire.HELLO, wire.hello(mac=MAC[0], boot_id=secrets.randbits(63) + 1)))
            self.assertIn("two machines", wire.refusal(channel))
            self.assertTrue(wire.ended(channel))
            self.log_says("n0", "%s:%d" % channel.getsockname(), "10.9.1.0", "refused")
        self.assertEqual(self.cluster.ctl("run", "0", "--", "/bin/echo", "me").stdout, "me\n")

    def test_two_that_claim_it_at_once(self):
        channels = [wire.connect(self.cluster, source=STRANGER) for _ in range(4)]
        with self.cluster.counts(*4 * ["number_taken"]):
            for channel in channels:
                channel.sendall(wire.frame(wire.HELLO, wire.hello(mac=MAC[0], boot_id=secrets.randbits(63) + 1)))
            for channel in channels:
                with channel:
                    self.assertRegex(wire.refusal(channel), "two machines|another machine")
                    self.assertTrue(wire.ended(channel))

    def test_a_bulk_connection_needs_the_token(self):
        with self.cluster.counts("message_refused"), wire.connect(self.cluster, source=STRANGER) as channel:
            channel.sendall(wire.frame(wire.BULK_HELLO, struct.pack("<IQ", 0, secrets.randbits(64))))
            self.assertIn("token", wire.refusal(channel))
            self.assertTrue(wire.ended(channel))

    def test_who_takes_his_time_is_not_waited_for(self):
        keys = wire.keys_of(self.cluster)
        words = wire.preamble(keys) + noise.Handshake(keys, wire.preamble(keys)).first()
        with self.cluster.counts("handshake_timeout", "greeting_timeout"), \
                wire.dial(self.cluster, source=STRANGER, timeout=1) as slow, \
                wire.connect(self.cluster, source=STRANGER) as silent:
            for said, byte in enumerate(words):
                try:
                    slow.sendall(bytes([byte]))
                except OSError:
                    break
                if wire.ended(slow):  # waits for a second
                    break
            self.assertLess(said, len(words) - 1, "there was more to say")
            self.assertTrue(wire.ended(silent.connection))
            self.log_says("%s:%d" % slow.getsockname(), "its handshake was not complete in time")
            self.log_says("%s:%d" % silent.getsockname(), "no greeting in time")

    def test_a_recorded_handshake_is_of_no_use(self):
        keys = wire.keys_of(self.cluster)
        recorded = wire.preamble(keys) + noise.Handshake(keys, wire.preamble(keys)).first()
        with wire.dial(self.cluster, source=STRANGER) as first:
            first.sendall(recorded)
            self.assertEqual(wire.receive_answer(first), wire.ACCEPTED)
            with self.cluster.counts("handshake_replayed"), wire.dial(self.cluster, source=STRANGER) as again:
                again.sendall(recorded)
                self.assertEqual(wire.receive_answer(again), wire.REPLAYED)
                self.assertTrue(wire.ended(again))
                self.log_says("%s:%d" % again.getsockname(), "repetition")

    def test_changed_records_end_a_connection(self):
        for change, reason in ((flip_a_bit, "not authentic"), (twice, "not authentic"), (swap, "not authentic"),
                               (leave_one_out, "not authentic"), (shorten, "record of"), (lengthen, "record of 65537")):
            with self.subTest(change.__name__), self.cluster.counts("record_not_authentic"), \
                    wire.connect(self.cluster, source=STRANGER) as channel:
                hello = wire.frame(wire.HELLO, wire.hello(mac=MAC[0]))
                channel.connection.sendall(change([channel.seal(hello[:40]), channel.seal(hello[40:])]))
                self.assertTrue(wire.ended(channel.connection), "the connection stays open")
                self.log_says("%s:%d" % channel.getsockname(), reason)

    def test_a_changed_record_ends_a_node_s_connection(self):
        self.without_node_1()
        with self.cluster.counts("record_not_authentic"):
            channel, node, _ = wire.join(self.cluster, MAC[1], source=STRANGER)
            with channel:
                self.assertEqual(node, 1)
                channel.connection.sendall(flip_a_bit([channel.seal(wire.frame(wire.PONG, bytes(68)))]))
                self.assertTrue(wire.ended(channel.connection), "the connection stays open")
        self.cluster.wait("1", "down")
        self.assertIn("not authentic", self.cluster.status(1)["reason"])

    def test_a_long_conversation_changes_its_keys(self):
        """In both directions, by an implementation that only shares the documents with the front end's."""
        self.without_node_1()
        control, node, token = wire.join(self.cluster, MAC[1], source=STRANGER)
        with control, wire.connect(self.cluster, source=STRANGER) as bulk:
            for _ in range(2 * noise.RECORDS_PER_KEY + 1):
                control.sendall(wire.frame(wire.PONG, bytes(68)))
            bulk.sendall(wire.frame(wire.BULK_HELLO, struct.pack("<IQ", node, token)))
            name = hashlib.blake2b(self.content, digest_size=32).digest()
            for _ in range(noise.RECORDS_PER_KEY // 64 + 8):
                bulk.sendall(wire.frame(wire.FETCH, name + struct.pack("<QI", 0, len(self.content))))
                message, body = wire.receive_frame(bulk)
                self.assertEqual((message, body[-len(self.content):] == self.content), (wire.BLOCK, True))
            self.assertGreater(bulk.receiving.number, noise.RECORDS_PER_KEY)
            self.assertEqual(self.cluster.status(1)["state"], "boot", "it is still welcome")

    def test_a_node_whose_power_was_cut_need_not_wait_until_its_silence_is_noticed(self):
        joins = self.cluster.frontend_log().count("n1: joined from")
        self.cluster.nodelab("cut-link", 1)
        # So that its kernel has no last word either: none of its connections is there any more to say farewell.
        lab.run(["nsenter", f"--net={self.cluster.namespace('n1')}", "--", "ss", "-K", "-t", "-a"])
        self.cluster.nodelab("power-cut", 1)
        self.cluster.nodelab("restore-link", 1)
        self.assertEqual(self.cluster.status(1)["state"], "up", "nobody has noticed")
        self.cluster.nodelab("power-on", 1)
        lab.eventually(lambda: self.cluster.frontend_log().count("n1: joined from") > joins, "it has come again")
        self.cluster.wait_up()
        self.assertEqual(self.cluster.ctl("run", "1", "--", "/bin/echo", "back").stdout, "back\n")


def flip_a_bit(records):
    return records[0][:-1] + bytes([records[0][-1] ^ 1])


def twice(records):
    return records[0] + records[0]


def swap(records):
    return records[1] + records[0]


def leave_one_out(records):
    return records[1]


def shorten(records):
    return struct.pack("<H", 16) + records[0][2:]


def lengthen(records):
    return struct.pack("<H", 65535) + records[0][2:]


if __name__ == "__main__":
    lab.main()
