"""The programs that a lab runs, built if they are not there."""

import pathlib
import subprocess

from . import names
from .errors import LabError

DEFAULT = names.TREE / "build/musl/bin"
PROGRAMS = ("nodeinit", "nodemaster", "nodectl", "node-container")


def programs(folder):
    """The folder, complete. The default one is made so; another is the caller's affair."""
    folder = pathlib.Path(folder or DEFAULT).resolve()
    missing = [name for name in PROGRAMS if not (folder / name).exists()]
    if missing and folder == DEFAULT:
        build()
    elif missing:
        raise LabError(f"{folder} has no {', '.join(missing)}")
    return str(folder)


def build():
    print("nodelab: building the programs first (cmake --preset musl && cmake --build --preset musl)", flush=True)
    if not (names.TREE / "build/toolchain/musl").exists():
        raise LabError("there is no musl toolchain in build/toolchain; get it with: scripts/bootstrap")
    for command in (["cmake", "--preset", "musl"], ["cmake", "--build", "--preset", "musl"]):
        done = subprocess.run(command, cwd=names.TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise LabError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
