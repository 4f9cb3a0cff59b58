#!/usr/bin/python3
"""Broken and hostile peers are refused with a reason, cost nothing, and disturb nobody."""

import os
import pathlib
import re
import socket
import struct

import lab
import noise
import wire

GIB = 1 << 30
# What is sent through a channel, what the one who refuses it says, and what nodemaster counts it as.
TO_FRONT_END = {
    "a frame that is too long": (wire.frame(wire.HELLO, b"", size=GIB), "at most 4096", "message_refused"),
    "a frame cut short": (wire.frame(wire.HELLO, wire.hello())[:30], "in the middle of a frame", "handshake_abandoned"),
    "an enormous string": (wire.frame(wire.HELLO, wire.hello(interface=wire.text(b"eth0", size=GIB))), "interface",
                           "message_refused"),
    "a string past the end": (wire.frame(wire.HELLO, wire.hello()[:20]), "refused", "message_refused"),
    "bytes left over": (wire.frame(wire.HELLO, wire.hello() + b"more"), "refused", "message_refused"),
    "a message nobody has": (wire.frame(999, b""), "999", "message_refused"),
    "a message of the front end": (wire.frame(wire.WELCOME, b""), "Welcome", "message_refused"),
    "a message out of turn": (wire.frame(wire.LAUNCHED, b""), "Launched", "message_refused"),
    "a reserved field in use": (wire.frame(wire.HELLO, wire.hello(), reserved=7), "not our protocol", "message_refused"),
    "a Hello of another version": (wire.frame(wire.HELLO, wire.hello(version=99)), "version 99", "message_refused"),
    "an unknown node": (wire.frame(wire.HELLO, wire.hello(mac=bytes.fromhex("0200000000ff"))), "02:00:00:00:00:ff",
                        "unknown_mac"),
}
TO_NODE = {
    "a frame that is too long": (wire.frame(wire.WELCOME, b"", size=GIB), "at most 4096"),
    "an enormous string": (wire.frame(wire.WELCOME, struct.pack("<HI", wire.VERSION, 0) + wire.text(b"n0", size=GIB)), "name"),
    "a message out of turn": (wire.frame(wire.SETUP, struct.pack("<Q?II", 1, True, 0, 0)), "Setup"),
    "a message of a node": (wire.frame(wire.HELLO, wire.hello()), "Hello"),
    "noise": (bytes(range(256)), "refused"),
}


def doors(keys):
    """Ways not to get a channel: what is sent, the verdict that is answered (None: the front end just ends it), what
    the log says, what is counted."""
    other = os.urandom(8)
    good = wire.preamble(keys)
    forged = noise.Handshake(keys, good).first()[:-1] + b"?"
    low_order = bytes(noise.HANDSHAKE)  # a public key with which every secret is known
    pinned = noise.Handshake(keys, wire.preamble(keys, version=7)).first()  # of another preamble than the one sent
    return {
        "another protocol": (b"GET / HTTP/1.1\r\nHost: front-end\r\n\r\n", None, "does not speak the nodes' protocol",
                             "handshake_malformed"),
        "one wrong byte": (b"nodeinix", None, "does not speak the nodes' protocol", "handshake_malformed"),
        "half a preamble": (good[:14], None, "during the handshake", "handshake_abandoned"),
        "half a handshake": (good + forged[:20], None, "during the handshake", "handshake_abandoned"),
        "nothing": (b"", None, "during the handshake", "handshake_abandoned"),
        "another version": (wire.preamble(keys, version=99), wire.OTHER_VERSION, "version 99", "handshake_version"),
        "in the clear": (wire.preamble(), wire.OTHER_PROTECTION, "in the clear", "handshake_protection"),
        "without the cluster key": (wire.preamble(keys, protection=wire.NK), wire.OTHER_PROTECTION, "no cluster key",
                                    "handshake_protection"),
        "an unknown protection": (wire.preamble(keys, protection=200), wire.OTHER_PROTECTION, "in an unknown way",
                                  "handshake_protection"),
        "another front end": (wire.preamble(keys, front_end=other), wire.OTHER_FRONT_END, other.hex(),
                              "handshake_wrong_front_end_key"),
        "another cluster": (wire.preamble(keys, cluster=other), wire.OTHER_CLUSTER, other.hex(),
                            "handshake_wrong_cluster_key"),
        "a forged handshake": (good + forged, wire.NOT_AUTHENTIC, "not authentic", "handshake_not_authentic"),
        "a key of low order": (good + low_order, wire.NOT_AUTHENTIC, "not authentic", "handshake_not_authentic"),
        "a changed preamble": (good + pinned, wire.NOT_AUTHENTIC, "not authentic", "handshake_not_authentic"),
    }


STATIC = ["network.method=static", "network.address=10.9.1.0/16", "front_end.address=10.9.0.1",
          "network.gateway=10.9.0.1"]
# What somebody answers a node who has not the front end's secret key, and what the node says to that.
IMPOSTORS = {
    b"SSH-2.0-OpenSSH_9.2\r\n": "no front end of nodeinit",
    wire.answer(protection=wire.NK_PSK0) + os.urandom(noise.HANDSHAKE): "cannot prove that it is the front end",
    wire.answer(protection=wire.CLEAR) + wire.frame(wire.WELCOME, bytes(40)): "cannot prove that it is the front end",
    wire.answer(wire.OTHER_VERSION, version=9): "speaks protocol version 9",
    wire.answer(wire.OTHER_PROTECTION, protection=wire.CLEAR): "insecure = true is set on the front end",
    wire.answer(verdict=77): "for reason 77",
}


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


class Clear(lab.LabTest):
    """Peers who have a channel, in a cluster without keys."""

    OPTIONS = {"insecure": True}

    def secret_lab(self, nodes=1, **options):
        return self.lab(nodes=nodes, **options, **self.OPTIONS)

    def refused(self, cluster, connection, reason):
        """Waits until the connection ends, and the log names who it was and why."""
        who = "%s:%d" % connection.getsockname()
        self.assertTrue(wire.ended(connection), "the connection stays open")
        lab.eventually(lambda: any(who in line and reason in line for line in cluster.frontend_log().splitlines()),
                       f"the front end's log says {reason!r} of {who}", 10)

    def test_refuses_with_a_reason_and_goes_on(self):
        cluster = self.secret_lab(nodes=2)
        cluster.wait_up()
        for what, (wrong, reason, counted) in TO_FRONT_END.items():
            with self.subTest(what):
                with cluster.counts(counted), wire.connect(cluster) as connection:
                    connection.sendall(wrong)
                    connection.shutdown(socket.SHUT_WR)
                    self.refused(cluster, connection, reason)
        self.assertEqual({row["state"] for row in cluster.status()}, {"up"})
        self.assertEqual(cluster.ctl("run", "all", "--", "/bin/echo", "well").stdout, "well\nwell\n")

    def test_allocates_nothing_for_a_claim(self):
        cluster = self.secret_lab()
        cluster.wait_up()
        pid = cluster.nodemaster()
        before = resident_kib(pid)
        for _ in range(20):
            with wire.connect(cluster) as connection:
                connection.sendall(wire.frame(wire.HELLO, wire.hello(interface=wire.text(b"eth0", size=GIB))))
                wire.ended(connection)
        self.assertLess(resident_kib(pid) - before, 8 * 1024)

    def test_a_node_refuses_with_a_reason_and_joins_the_right_front_end(self):
        cluster = self.secret_lab(no_frontend=True, node_argument=STATIC)
        keys = wire.keys_of(cluster)
        with wire.listen(cluster, timeout=lab.PATIENCE) as listener:
            for what, (wrong, reason) in TO_NODE.items():
                with self.subTest(what):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(lab.PATIENCE)
                        channel = wire.meet(connection, keys)
                        message, _ = wire.receive_frame(channel)
                        self.assertEqual(message, wire.HELLO)
                        channel.sendall(wrong)
                        self.assertTrue(wire.ended(connection), "the node keeps the connection")
                    cluster.says(0, reason)
        cluster.nodelab("start-frontend")
        cluster.wait_up()


class Secured(Clear):
    """The same peers, who have got hold of the cluster's keys; and those who have not."""

    OPTIONS = {}

    def test_lets_nobody_in_without_a_channel(self):
        cluster = self.lab(nodes=2)
        cluster.wait_up()
        for what, (wrong, verdict, reason, counted) in doors(wire.keys_of(cluster)).items():
            with self.subTest(what):
                with cluster.counts(counted), wire.dial(cluster) as connection:
                    connection.sendall(wrong)
                    if verdict is None:
                        connection.shutdown(socket.SHUT_WR)
                    else:
                        self.assertEqual(wire.receive_answer(connection), verdict)
                    self.refused(cluster, connection, reason)
        self.assertEqual({row["state"] for row in cluster.status()}, {"up"})

    def test_an_address_that_is_refused_again_and_again_is_shut_out(self):
        cluster = self.lab()
        cluster.wait_up()
        for _ in range(40):
            with wire.dial(cluster) as connection:
                connection.send(b"GET / HTTP/1.1")
                self.assertTrue(wire.ended(connection))
        with cluster.counts("shut_out"), wire.dial(cluster) as connection:
            self.assertTrue(wire.ended(connection), "it is not even listened to")
        self.assertRegex(cluster.frontend_log(), re.escape(wire.FRONT_END[0]) + r":\d+ did not become a node's: ")
        self.assertIn("further connections of this kind are not shown", cluster.frontend_log())
        self.assertEqual(cluster.ctl("run", "0", "--", "/bin/echo", "well").stdout, "well\n", "nodes are not concerned")
        cluster.nodelab("power-cut", 0)
        cluster.nodelab("power-on", 0)
        cluster.wait_up()

    def test_a_node_hears_nobody_who_only_says_that_he_is_the_front_end(self):
        cluster = self.lab(no_frontend=True, node_argument=STATIC)
        keys = wire.keys_of(cluster)
        with wire.listen(cluster, timeout=lab.PATIENCE) as listener:
            for reply, reason in IMPOSTORS.items():
                with self.subTest(reason):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(lab.PATIENCE)
                        self.assertEqual(wire.receive(connection, wire.PREAMBLE.size), wire.preamble(keys))
                        wire.receive(connection, noise.HANDSHAKE)
                        connection.sendall(reply)
                        self.assertEqual(wire.rest(connection), b"", "the node says no more than that")
                    cluster.says(0, reason)
        cluster.nodelab("start-frontend")
        cluster.wait_up()


if __name__ == "__main__":
    lab.main()
