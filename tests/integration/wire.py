"""The protocol from outside, byte by byte: for tests that play a broken or hostile peer (docs/PROTOCOL.md)."""

import contextlib
import ctypes
import os
import socket
import struct
import subprocess

import noise

VERSION = 6
PORT = 2223
FRONT_END = ("10.9.0.1", PORT)
HELLO = 1        # node to front end
PONG = 5
LAUNCHED = 7
BULK_HELLO = 20
FETCH = 21
WELCOME = 100    # front end to node
REFUSED = 101
SETUP = 103
BLOCK = 120
CLEAR, NK, NK_PSK0 = range(3)  # how connections are protected, as on the wire
# What the front end answers a preamble with.
ACCEPTED, OTHER_VERSION, OTHER_PROTECTION, OTHER_FRONT_END, OTHER_CLUSTER, NOT_AUTHENTIC, REPLAYED = range(7)
PREAMBLE = struct.Struct("<8sHBB8s8s")  # magic, version, protection, 0, fingerprints of front end and cluster key
ANSWER = struct.Struct("<8sHBB")        # magic, version, verdict, protection
MAGIC = b"nodeinit"
CLONE_NEWNET = 0x40000000
HEADER = struct.Struct("<IHHQ")  # body size, message, reserved, request

libc = ctypes.CDLL(None, use_errno=True)


def frame(message, body, size=None, reserved=0):
    """`size`: what the header claims; by default the truth."""
    return HEADER.pack(len(body) if size is None else size, message, reserved, 0) + body


def text(value, size=None):
    return struct.pack("<I", len(value) if size is None else size) + value


def hello(interface=None, version=VERSION, mac=bytes.fromhex("525400090000"), boot_id=1):
    """The body of a Hello; `interface`: the encoded field, if it is to be a wrong one."""
    return (struct.pack("<H", version) + mac + (interface or text(b"eth0")) + struct.pack("<IQ", 0x0a090100, boot_id)
            + text(b"0.1.0") + text(b"6.1.0") + text(b"x86_64") + struct.pack("<IQ", 1, 1))


def preamble(keys=None, version=VERSION, protection=None, front_end=None, cluster=None):
    """What a node with these keys says first; the rest: fields that are to be other ones."""
    right = CLEAR if keys is None else NK_PSK0 if keys.cluster else NK
    prints = keys.fingerprints() if keys else (bytes(8), bytes(8))
    return PREAMBLE.pack(MAGIC, version, right if protection is None else protection, 0,
                         prints[0] if front_end is None else front_end, prints[1] if cluster is None else cluster)


def keys_of(cluster):
    """The lab's keys; None when it is one without."""
    folder = cluster.state / "keys"
    return noise.Keys(folder) if folder.exists() else None


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


def dial(cluster, source="", timeout=30):
    """A TCP connection to the cluster's front end, from its own network; `source`: an address that is there."""
    with network(cluster.namespace("fe")):
        made = socket.socket()
    made.settimeout(timeout)
    made.bind((source, 0))
    made.connect(FRONT_END)
    return made


def connect(cluster, **options):
    """A connection with its channel, whatever the lab's is: frames can be sent."""
    return begin(dial(cluster, **options), keys_of(cluster))


def begin(connection, keys):
    """The node's part of making a channel."""
    prologue = preamble(keys)
    handshake = noise.Handshake(keys, prologue) if keys else None
    connection.sendall(prologue + (handshake.first() if handshake else b""))
    verdict = receive_answer(connection)
    if verdict != ACCEPTED:
        raise AssertionError(f"the front end refuses a channel: {verdict}")
    if not handshake:
        return connection
    handshake.take_second(receive(connection, noise.HANDSHAKE))
    ours, theirs = handshake.split()
    return noise.Secured(connection, ours, theirs)


def receive_answer(connection):
    """The verdict of the front end's answer."""
    magic, version, verdict, _ = ANSWER.unpack(receive(connection, ANSWER.size))
    if (magic, version) != (MAGIC, VERSION):
        raise AssertionError(f"not an answer of this version: {magic}, {version}")
    return verdict


def answer(verdict=ACCEPTED, protection=CLEAR, version=VERSION):
    return ANSWER.pack(MAGIC, version, verdict, protection)


def meet(connection, keys):
    """The front end's part."""
    prologue = receive(connection, PREAMBLE.size)
    if prologue != preamble(keys):
        raise AssertionError(f"not the preamble of a node with these keys: {prologue.hex()}")
    if not keys:
        connection.sendall(answer())
        return connection
    handshake = noise.Handshake(keys, prologue, own_static=keys.secret)
    handshake.take_first(receive(connection, noise.HANDSHAKE))
    connection.sendall(answer(protection=NK_PSK0 if keys.cluster else NK) + handshake.second())
    theirs, ours = handshake.split()
    return noise.Secured(connection, ours, theirs)


def join(cluster, mac, boot_id=1, **options):
    """A control connection that has been welcomed, the node's number and the token of its bulk connection."""
    channel = connect(cluster, **options)
    channel.sendall(frame(HELLO, hello(mac=mac, boot_id=boot_id)))
    message, body = receive_frame(channel)
    if message != WELCOME:
        raise AssertionError(f"not welcome: {message} {body}")
    _, node, name_size = struct.unpack_from("<HII", body)
    _, _, token, _, _ = struct.unpack_from("<Q32sQII", body, 10 + name_size)
    return channel, node, token


def add_address(cluster, *addresses):
    """Gives the front end's link more addresses, for `source`."""
    text = "".join(f"address add {address}/16 dev lab0\n" for address in addresses)
    subprocess.run(cluster.in_frontend("ip", "-batch", "-"), input=text.encode(), check=True)


def refusal(channel):
    """The reason of a Refused."""
    message, body = receive_frame(channel)
    if message != REFUSED:
        raise AssertionError(f"not refused: {message} {body}")
    return body[6:].decode()


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


def rest(connection):
    """All that the peer says until it ends the connection."""
    said = b""
    try:
        while piece := connection.recv(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def ended(connection):
    """Whether the peer ends the connection (within its timeout), whatever it still says before."""
    try:
        while connection.recv(65536):
            pass
    except (ConnectionResetError, BrokenPipeError):
        pass
    except TimeoutError:
        return False
    return True
