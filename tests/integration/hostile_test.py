#!/usr/bin/python3
"""Broken and hostile peers are refused with a reason, cost nothing, and disturb nobody."""

import pathlib
import socket
import struct

import lab
import wire

GIB = 1 << 30
# What is sent, and what the one who refuses it says.
TO_FRONT_END = {
    "a frame that is too long": (wire.frame(wire.HELLO, b"", size=GIB), "at most 4096"),
    "a frame cut short": (wire.frame(wire.HELLO, wire.hello())[:30], "in the middle of a frame"),
    "an enormous string": (wire.frame(wire.HELLO, wire.hello(interface=wire.text(b"eth0", size=GIB))), "interface"),
    "a string past the end": (wire.frame(wire.HELLO, wire.hello()[:20]), "refused"),
    "bytes left over": (wire.frame(wire.HELLO, wire.hello() + b"more"), "refused"),
    "a message nobody has": (wire.frame(999, b""), "999"),
    "a message of the front end": (wire.frame(wire.WELCOME, b""), "Welcome"),
    "a message out of turn": (wire.frame(wire.LAUNCHED, b""), "Launched"),
    "a reserved field in use": (wire.frame(wire.HELLO, wire.hello(), reserved=7), "not our protocol"),
    "another protocol": (b"GET / HTTP/1.1\r\nHost: front-end\r\n\r\n", "refused"),
    "another version": (wire.frame(wire.HELLO, wire.hello(version=99)), "version"),
    "an unknown node": (wire.frame(wire.HELLO, wire.hello(mac=bytes.fromhex("0200000000ff"))), "02:00:00:00:00:ff"),
}
TO_NODE = {
    "a frame that is too long": (wire.frame(wire.WELCOME, b"", size=GIB), "at most 4096"),
    "an enormous string": (wire.frame(wire.WELCOME, struct.pack("<HI", 1, 0) + wire.text(b"n0", size=GIB)), "name"),
    "a message out of turn": (wire.frame(wire.SETUP, struct.pack("<Q?I", 1, True, 0)), "Setup"),
    "a message of a node": (wire.frame(wire.HELLO, wire.hello()), "Hello"),
    "noise": (bytes(range(256)), "refused"),
}


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


class FrontEnd(lab.LabTest):
    def test_refuses_with_a_reason_and_goes_on(self):
        cluster = self.lab(nodes=2)
        cluster.wait_up()
        for what, (wrong, reason) in TO_FRONT_END.items():
            with self.subTest(what):
                before = len(cluster.frontend_log())
                with wire.connect(cluster) as connection:
                    connection.sendall(wrong)
                    connection.shutdown(socket.SHUT_WR)
                    self.assertTrue(wire.ended(connection), "the connection stays open")
                lab.eventually(lambda: reason in cluster.frontend_log()[before:],
                               f"the front end's log says {reason!r}, not only {cluster.frontend_log()[before:]!r}", 10)
        self.assertEqual({row["state"] for row in cluster.status()}, {"up"})
        self.assertEqual(cluster.ctl("run", "all", "--", "/bin/echo", "well").stdout, "well\nwell\n")

    def test_allocates_nothing_for_a_claim(self):
        cluster = self.lab()
        cluster.wait_up()
        pid = max(cluster.processes("fe"), key=resident_kib)
        before = resident_kib(pid)
        for _ in range(20):
            with wire.connect(cluster) as connection:
                connection.sendall(wire.frame(wire.HELLO, wire.hello(interface=wire.text(b"eth0", size=GIB))))
                wire.ended(connection)
        self.assertLess(resident_kib(pid) - before, 8 * 1024)

    def test_idle_strangers_keep_nobody_out(self):
        cluster = self.lab(powered_off=True)
        strangers = [wire.connect(cluster) for _ in range(200)]
        cluster.nodelab("power-on", "0")
        cluster.wait_up()
        for stranger in strangers:
            stranger.close()


class Node(lab.LabTest):
    def test_refuses_with_a_reason_and_joins_the_right_front_end(self):
        cluster = self.lab(no_frontend=True, node_argument=["network.method=static", "network.address=10.9.1.0/16",
                                                            "front_end.address=10.9.0.1", "network.gateway=10.9.0.1"])
        with wire.listen(cluster, timeout=lab.PATIENCE) as listener:
            for what, (wrong, reason) in TO_NODE.items():
                with self.subTest(what):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(lab.PATIENCE)
                        message, _ = wire.receive_frame(connection)
                        self.assertEqual(message, wire.HELLO)
                        connection.sendall(wrong)
                        self.assertTrue(wire.ended(connection), "the node keeps the connection")
                    cluster.says(0, reason)
        cluster.nodelab("start-frontend")
        cluster.wait_up()


if __name__ == "__main__":
    lab.main()
