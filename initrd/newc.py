"""Writes cpio archives in the "newc" format, which is what the kernel unpacks as its initramfs.

The archive depends on nothing but what is put in: entries are sorted, owned by root, dated to the
epoch and numbered in order, so that the same input gives the same bytes on every machine.
"""

import stat


class Archive:
    def __init__(self):
        self._entries = {}  # path without the leading slash -> (mode, content, (major, minor))

    def directory(self, path, mode=0o755):
        self._add(path, stat.S_IFDIR | mode)

    def file(self, path, content, mode=0o644):
        self._add(path, stat.S_IFREG | mode, content)

    def character_device(self, path, major, minor, mode):
        self._add(path, stat.S_IFCHR | mode, device=(major, minor))

    def _add(self, path, mode, content=b"", device=(0, 0)):
        path = path.strip("/")
        parent = path.rpartition("/")[0]
        if parent and parent not in self._entries:
            self.directory(parent)
        self._entries[path] = (mode, content, device)

    def listing(self):
        """Lines like those of ls -l, in the order of the archive."""
        for path, (mode, content, (major, minor)) in sorted(self._entries.items()):
            size = f"{major}, {minor}" if stat.S_ISCHR(mode) else len(content)
            yield f"{stat.filemode(mode)} root root {size:>9} /{path}"

    def encode(self):
        parts = []
        for number, (path, (mode, content, device)) in enumerate(sorted(self._entries.items()), 1):
            parts += _entry(number, path, mode, content, device)
        parts += _entry(0, "TRAILER!!!", 0, b"", (0, 0))
        archive = b"".join(parts)
        return archive + bytes(-len(archive) % 512)


def _entry(number, path, mode, content, device):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    #          inode   mode  uid gid links  mtime size          device  rdevice  name size  checksum
    fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(name), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return (header + name, bytes(-(len(header) + len(name)) % 4), content, bytes(-len(content) % 4))
