"""The protocol from outside, byte by byte: for tests that play a broken or hostile peer (docs/PROTOCOL.md)."""

import contextlib
import ctypes
import os
import socket
import struct

PORT = 2223
FRONT_END = ("10.9.0.1", PORT)
HELLO = 1        # node to front end
LAUNCHED = 7
WELCOME = 100    # front end to node
REFUSED = 101
SETUP = 103
CLONE_NEWNET = 0x40000000
HEADER = struct.Struct("<IHHQ")  # body size, message, reserved, request

libc = ctypes.CDLL(None, use_errno=True)


def frame(message, body, size=None, reserved=0):
    """`size`: what the header claims; by default the truth."""
    return HEADER.pack(len(body) if size is None else size, message, reserved, 0) + body


def text(value, size=None):
    return struct.pack("<I", len(value) if size is None else size) + value


def hello(interface=None, version=2, mac=bytes.fromhex("525400090000")):
    """The body of a Hello; `interface`: the encoded field, if it is to be a wrong one."""
    return (struct.pack("<H", version) + mac + (interface or text(b"eth0")) + struct.pack("<IQ", 0x0a090100, 1)
            + text(b"0.1.0") + text(b"6.1.0") + text(b"x86_64") + struct.pack("<IQ", 1, 1))


@contextlib.contextmanager
def network(path):
    """Sockets made inside belong to that network namespace for ever."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(path, os.O_RDONLY)
    try:
        enter(other)
        yield
    finally:
        enter(own)
        os.close(own)
        os.close(other)


def enter(handle):
    if libc.setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def connect(cluster, timeout=30):
    """A connection to the cluster's front end, from its own network."""
    with network(cluster.namespace("fe")):
        made = socket.socket()
    made.settimeout(timeout)
    made.connect(FRONT_END)
    return made


def listen(cluster, timeout=30):
    """Takes the front end's place."""
    with network(cluster.namespace("fe")):
        made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(timeout)
    made.bind(FRONT_END)
    made.listen()
    return made


def receive_frame(connection):
    """(message, body)"""
    size, message, _, _ = HEADER.unpack(receive(connection, HEADER.size))
    return message, receive(connection, size)


def receive(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError(f"the connection ended after {len(data)} of {size} bytes")
        data += piece
    return data


def ended(connection):
    """Whether the peer ends the connection (within its timeout), whatever it still says before."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True
