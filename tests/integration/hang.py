"""A file system that hangs, as a dead NFS server makes one: FUSE whose daemon reads requests and never answers.

Whoever touches it waits in the kernel and cannot be killed (state D) until the file system is given up.
"""

import ctypes
import os
import struct
import threading

import wire

FUSE_INIT = 26
MNT_FORCE, MNT_DETACH = 1, 2
IN_HEADER = struct.Struct("<IIQQIIII")
OUT_HEADER = struct.Struct("<IiQ")
INIT_OUT = struct.Struct("<IIIIHHIIHHI28x")


class HangingMount:
    def __init__(self, pid, target):
        """On `target` in the mount namespace of process `pid`."""
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0"
        in_mounts_of(pid, lambda: mount(target, options))
        self._answer_init()
        self._reader = threading.Thread(target=self._swallow, daemon=True)
        self._reader.start()
        self.touched = threading.Event()

    def _answer_init(self):
        request = os.read(self._device, 1 << 17)
        _, code, unique, *_ = IN_HEADER.unpack_from(request)
        assert code == FUSE_INIT, code
        body = INIT_OUT.pack(7, 31, 65536, 0, 12, 9, 65536, 1, 16, 0, 0)
        os.write(self._device, OUT_HEADER.pack(OUT_HEADER.size + len(body), 0, unique) + body)

    def _swallow(self):
        while True:
            try:
                os.read(self._device, 1 << 17)
            except OSError:  # given up
                return
            self.touched.set()

    def give_up(self, pid, target):
        """Everyone who waits gets an error, and the file system is gone."""
        in_mounts_of(pid, lambda: check(wire.libc.umount2(target.encode(), MNT_FORCE | MNT_DETACH), "umount2"))
        os.close(self._device)


def mount(target, options):
    check(wire.libc.mount(b"hang", target.encode(), b"fuse", 0, options.encode()), f"mount on {target}")


def in_mounts_of(pid, action):
    """Runs `action` in the mount namespace of `pid`: in a child, as only a single thread may go there."""
    child = os.fork()
    if child == 0:
        try:
            handle = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
            check(wire.libc.setns(handle, 0), "setns")
            action()
        except OSError as error:
            os.write(2, f"{error}\n".encode())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise OSError(f"failed in the mounts of process {pid}")


def check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
