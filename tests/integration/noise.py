"""Noise NK and NKpsk0 (revision 34, 25519, ChaChaPoly, BLAKE2b), and the records that follow: both ends of a secured
connection, written from docs/PROTOCOL.md and the specification alone, so that it checks them as much as nodemaster."""

import hashlib
import hmac
import os
import pathlib
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

TAG = 16           # bytes that encryption adds
HANDSHAKE = 48     # bytes of either message: an ephemeral key and a tag
MAX_RECORD = 16384
RECORDS_PER_KEY = 16384


class Keys:
    """What `nodemaster keygen` has put into a folder."""

    def __init__(self, folder):
        self.public = read_key(folder, "front-end.pub")
        self.secret = read_key(folder, "front-end.key")
        self.cluster = read_key(folder, "cluster.key") if pathlib.Path(folder, "cluster.key").exists() else None

    def fingerprints(self):
        """Of the front end's key and of the cluster key, as in a preamble."""
        return (fingerprint("public", self.public), fingerprint("secret", self.cluster) if self.cluster else bytes(8))


def read_key(folder, name):
    return bytes.fromhex(pathlib.Path(folder, name).read_text().split()[1])


def fingerprint(kind, key):
    return hashlib.blake2b(f"nodeinit fingerprint of a {kind} key".encode() + key).digest()[:8]


def agree(secret, public):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def public_of(secret):
    public = X25519PrivateKey.from_private_bytes(secret).public_key()
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def derive(chaining_key, material, count):
    """HKDF: `count` outputs of 64 bytes."""
    key, last, outputs = hmac.digest(chaining_key, material, "blake2b"), b"", []
    for number in range(1, count + 1):
        last = hmac.digest(key, last + bytes([number]), "blake2b")
        outputs.append(last)
    return outputs


class Cipher:
    def __init__(self, key):
        self.key = key[:32]
        self.number = 0

    def nonce(self):
        self.number += 1
        return struct.pack("<IQ", 0, self.number - 1)

    def encrypt(self, data, plain):
        return ChaCha20Poly1305(self.key).encrypt(self.nonce(), plain, data)

    def decrypt(self, data, sealed):
        return ChaCha20Poly1305(self.key).decrypt(self.nonce(), sealed, data)

    def count(self):
        """A record has passed: a new key after so many."""
        if self.number % RECORDS_PER_KEY == 0:
            self.key = ChaCha20Poly1305(self.key).encrypt(struct.pack("<Iq", 0, -1), bytes(32), b"")[:32]


class Handshake:
    """`own_static`: the front end's secret key, at its end; `prologue`: the node's preamble."""

    def __init__(self, keys, prologue, own_static=None):
        name = b"Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b" if keys.cluster else b"Noise_NK_25519_ChaChaPoly_BLAKE2b"
        self.keys, self.own_static, self.cipher = keys, own_static, None
        self.ephemeral = os.urandom(32)
        self.hash = self.chaining_key = name.ljust(64, b"\0")
        self.mix_hash(prologue)
        self.mix_hash(keys.public)

    def mix_hash(self, data):
        self.hash = hashlib.blake2b(self.hash + data).digest()

    def mix_key(self, material):
        self.chaining_key, key = derive(self.chaining_key, material, 2)
        self.cipher = Cipher(key)

    def mix_cluster_key(self):
        if self.keys.cluster:
            self.chaining_key, for_hash, key = derive(self.chaining_key, self.keys.cluster, 3)
            self.mix_hash(for_hash)
            self.cipher = Cipher(key)

    def mix_ephemeral(self, public):
        self.mix_hash(public)
        if self.keys.cluster:
            self.mix_key(public)

    def first(self):
        """The node's message: psk, e, es."""
        self.mix_cluster_key()
        public = public_of(self.ephemeral)
        self.mix_ephemeral(public)
        self.mix_key(agree(self.ephemeral, self.keys.public))
        return public + self.tag()

    def take_first(self, message):
        self.mix_cluster_key()
        self.theirs = message[:32]
        self.mix_ephemeral(self.theirs)
        self.mix_key(agree(self.own_static, self.theirs))
        self.check(message[32:])

    def second(self):
        """The front end's message: e, ee."""
        public = public_of(self.ephemeral)
        self.mix_ephemeral(public)
        self.mix_key(agree(self.ephemeral, self.theirs))
        return public + self.tag()

    def take_second(self, message):
        self.mix_ephemeral(message[:32])
        self.mix_key(agree(self.ephemeral, message[:32]))
        self.check(message[32:])

    def tag(self):
        tag = self.cipher.encrypt(self.hash, b"")
        self.mix_hash(tag)
        return tag

    def check(self, tag):
        self.cipher.decrypt(self.hash, tag)
        self.mix_hash(tag)

    def split(self):
        """Ciphers: of what the node says, of what the front end says."""
        return [Cipher(key) for key in derive(self.chaining_key, b"", 2)]


class Secured:
    """A socket as its user sees it, whose bytes travel in records."""

    def __init__(self, connection, send, receive):
        self.connection, self.sending, self.receiving = connection, send, receive
        self.clear = b""

    def seal(self, plain):
        """The records that carry it, which count as sent."""
        sealed, largest = b"", MAX_RECORD - 2 - TAG
        for at in range(0, len(plain), largest):
            record = self.sending.encrypt(b"", plain[at:at + largest])
            self.sending.count()
            sealed += struct.pack("<H", len(record)) + record
        return sealed

    def sendall(self, plain):
        self.connection.sendall(self.seal(plain))

    def recv(self, size):
        if not self.clear:
            head = self.exactly(2)
            if not head:
                return b""
            self.clear = self.receiving.decrypt(b"", self.exactly(*struct.unpack("<H", head)))
            self.receiving.count()
        data, self.clear = self.clear[:size], self.clear[size:]
        return data

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            if not piece and data:
                raise EOFError("the connection ended in the middle of a record")
            if not piece:
                return b""
            data += piece
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def __getattr__(self, name):
        return getattr(self.connection, name)


__all__ = ["Keys", "Handshake", "Secured", "InvalidTag", "fingerprint"]
