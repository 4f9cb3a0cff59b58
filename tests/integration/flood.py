#!/usr/bin/python3
"""A flood of connections that never become a node's, from many addresses: flood.py KEYS SECONDS ADDRESS...

2,000 of them say nothing, half a preamble, or a preamble and no more; 200 say all that a node says until its
handshake is complete, a byte every tenth of a second. Those that the front end ends come again, a few at a time. Says
how many there have been, as JSON, when it has closed them all.
"""

import json
import resource
import selectors
import socket
import sys
import time

import noise
import wire

HALF_OPEN = 2000
SLOW = 200
TICK = 0.1             # seconds
AGAIN_PER_TICK = 20    # connections


class Visitor:
    """One connection after the other; `words`: pieces to say, one each tick."""

    def __init__(self, flood, source, words):
        self.flood, self.source, self.words = flood, source, words
        self.socket = None

    def come(self):
        self.said, self.connected = 0, False
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.bind((self.source, 0))
        self.socket.connect_ex(wire.FRONT_END)
        self.flood.register(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def go(self):
        if self.socket:
            self.flood.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def on_ready(self, events):
        """Whether it has just been let in, and whether it has been sent away."""
        if events & selectors.EVENT_WRITE and not self.connected:
            self.connected = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            self.flood.modify(self.socket, selectors.EVENT_READ, self)
            return self.connected, not self.connected
        try:
            return False, not self.socket.recv(4096)
        except BlockingIOError:
            return False, False
        except OSError:
            return False, True

    def speak(self):
        if self.socket and self.connected and self.said < len(self.words):
            try:
                self.socket.send(self.words[self.said])
                self.said += 1
            except OSError:
                pass  # sent away: on_ready() hears of it


def visitors(flood, keys, addresses):
    for number in range(HALF_OPEN):
        preamble = wire.preamble(keys)
        words = ([], [preamble[:14]], [preamble])[number % 3]
        yield Visitor(flood, addresses[number % len(addresses)], words)
    for number in range(SLOW):
        preamble = wire.preamble(keys)
        words = [bytes([byte]) for byte in preamble + noise.Handshake(keys, preamble).first()]
        yield Visitor(flood, addresses[number % len(addresses)], words)


def run(keys, seconds, addresses):
    flood = selectors.EpollSelector()
    all_of_them = list(visitors(flood, keys, addresses))
    waiting = list(all_of_them)
    for visitor in waiting:
        visitor.come()
    waiting.clear()
    counts = {"connected": 0, "sent_away": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tick = time.monotonic() + TICK
        while (left := tick - time.monotonic()) > 0:
            for key, events in flood.select(left):
                let_in, sent_away = key.data.on_ready(events)
                counts["connected"] += let_in
                if sent_away:
                    counts["sent_away"] += key.data.connected
                    key.data.go()
                    waiting.append(key.data)
        for visitor in waiting[:AGAIN_PER_TICK]:
            visitor.come()
        del waiting[:AGAIN_PER_TICK]
        for visitor in all_of_them:
            visitor.speak()
    for visitor in all_of_them:
        if visitor.socket and not visitor.connected:  # it may be in by now, and nodemaster counts it
            counts["connected"] += visitor.on_ready(selectors.EVENT_WRITE)[0]
        visitor.go()
    return counts


def main(arguments):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    print(json.dumps(run(noise.Keys(arguments[0]), float(arguments[1]), arguments[2:])))


if __name__ == "__main__":
    main(sys.argv[1:])
