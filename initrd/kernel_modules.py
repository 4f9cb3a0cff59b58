"""Kernel modules with everything that they need, from a folder lib/modules/RELEASE as depmod(8) left it."""

import lzma
import pathlib
import subprocess

COMPRESSED = (".xz", ".zst", ".gz")


class ModuleError(Exception):
    """What is wrong with a module, in words for the person who asked for it."""


class ModuleFolder:
    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self.release = self._folder.resolve().name
        self._needs = self._read_dependencies()  # path in the folder -> paths that it needs
        self._paths = {module_name(path): path for path in self._needs}
        self._builtin = self._read_builtin()

    def closure(self, names):
        """Paths of the named modules and of all that they need; a module that is part of the kernel has none."""
        paths = set()
        for name in names:
            path = self._paths.get(name.replace("-", "_"))
            if path:
                paths |= {path, *self._needs[path]}
            elif name.replace("-", "_") not in self._builtin:
                raise ModuleError(f"there is no module {name!r} in {self._folder}; modules.dep there names "
                                  f"{len(self._paths)} others, see: ls -R {self._folder}/kernel")
        return sorted(paths)

    def content(self, path):
        """The module itself, uncompressed: what finit_module(2) takes."""
        try:
            packed = (self._folder / path).read_bytes()
        except OSError as error:
            raise ModuleError(f"cannot read {error.filename}: {error.strerror}; modules.dep names it, "
                              "so the folder is incomplete") from error
        content = unpack(path, packed)
        if not content.startswith(b"\x7fELF"):
            raise ModuleError(f"{self._folder / path} is not a kernel module (no ELF header)")
        return content

    def dependency_file(self, paths):
        """modules.dep for these modules alone, named as they stand in the image: uncompressed."""
        lines = (f"{plain(path)}: {' '.join(plain(need) for need in self._needs[path])}".rstrip()
                 for path in paths)
        return "".join(line + "\n" for line in lines)

    def _read_dependencies(self):
        try:
            text = (self._folder / "modules.dep").read_text()
        except OSError as error:
            raise ModuleError(f"cannot read {error.filename}: {error.strerror}; "
                              "make it with: depmod -b TOP RELEASE") from error
        rows = (line.partition(":") for line in text.splitlines())
        return {path: needs.split() for path, _, needs in rows}

    def _read_builtin(self):
        try:
            text = (self._folder / "modules.builtin").read_text()
        except FileNotFoundError:
            return set()
        return {module_name(path) for path in text.split()}


def plain(path):
    """kernel/a.ko.xz -> kernel/a.ko"""
    return next((path.removesuffix(end) for end in COMPRESSED if path.endswith(end)), path)


def module_name(path):
    return pathlib.PurePath(plain(path)).stem.replace("-", "_")


def unpack(path, packed):
    if path.endswith(".xz"):
        return lzma.decompress(packed)
    if path.endswith(".zst") or path.endswith(".gz"):
        tool = "zstd" if path.endswith(".zst") else "gzip"
        return pipe([tool, "-d", "-c"], packed)
    return packed


def pipe(command, content):
    try:
        return subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError as error:
        raise ModuleError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise ModuleError(f"{' '.join(command)} failed with exit status {error.returncode}") from error
