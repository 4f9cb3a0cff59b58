"""The nodes of a lab: the image that they boot, and the two kinds of machine that boot it."""

import shutil
import subprocess

from . import cgroups, names, processes
from .errors import LabError
from .toml_writer import dump

KERNEL = names.TREE / "build/toolchain/kernel"
QEMU = "qemu-system-x86_64"
QEMU_MODULES = ["virtio_pci", "virtio_net"]
QEMU_MEMORY = 128      # MiB of a node, unless the lab says otherwise
QEMU_OVERHEAD = 72     # MiB that a node takes of this machine besides


def build_image(state, options, keys):
    """`keys`: the directory of those that nodes pin; None: nodes join anybody, in the clear."""
    qemu = state["backend"] == "qemu"
    modules = QEMU_MODULES + [name for name in options.modules.split(",") if name] if qemu else []
    source = options.node_config or state.path("nodeinit.toml")
    if not options.node_config:
        hardware = {"hardware": {"modules": modules}} if modules else {}
        trust = {} if keys else {"insecure": True}
        source.write_text(dump({**trust, "network": {"prefix": names.PREFIX}, **hardware}))
    command = [str(names.TREE / "initrd/nodeimage"), "--init", f"{state['programs']}/nodeinit",
               "--config", str(source), "-o", str(state.path("node.img")), "--force"]
    if keys:
        command += ["--keys", keys]
    if modules:
        command += ["--kernel-modules", str(KERNEL / "modules"), "--modules", ",".join(modules)]
    # close_fds: the lock goes to the helper as well, see state.lock().
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          close_fds=False)
    if done.returncode != 0:
        raise LabError(done.stdout.strip())


def container(state, node):
    name = names.node_name(node)
    group = cgroups.make(state.lab, node)
    return [f"{state['programs']}/node-container", *(["--cgroup", str(group)] if group else []),
            "--netns", names.namespace(state.lab, name),
            "--image", str(state.path("node.img")), "--console", str(state.console(node)),
            "--", *state["node_arguments"]]


def virtual_machine(state, node):
    name = names.node_name(node)
    words = ["console=ttyS0", "quiet", *(f"nodeinit.{argument}" for argument in state["node_arguments"])]
    return ["nsenter", f"--net={names.NETNS / names.namespace(state.lab, 'fe')}", "--",
            QEMU, "-name", name, "-accel", "tcg,thread=multi,tb-size=16", "-cpu", "max", "-M", "q35",
            "-m", str(state["memory"]), "-nodefaults", "-no-user-config", "-display", "none",
            "-chardev", f"file,id=console,path={state.console(node)},append=on", "-serial", "chardev:console",
            "-netdev", f"tap,id=net,ifname={name},script=no,downscript=no",
            "-device", f"virtio-net-pci,netdev=net,mac={names.node_mac(node)},romfile=",
            "-kernel", str(KERNEL / "vmlinuz"), "-initrd", str(state.path("node.img")), "-append", " ".join(words)]


BACKENDS = {"netns": container, "qemu": virtual_machine}


def check_machine(backend, count, memory):
    """What would otherwise fail half-way, or make this machine swap."""
    tools = ["ip", "tc", "nsenter"] + ([QEMU] if backend == "qemu" else [])
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        raise LabError(f"{', '.join(missing)}: not installed; scripts/bootstrap installs what a lab needs")
    if backend != "qemu":
        return
    if not (KERNEL / "vmlinuz").exists():
        raise LabError(f"there is no kernel in {KERNEL}; get it with: scripts/bootstrap")
    need, have = count * (memory + QEMU_OVERHEAD), available_memory()
    if need > have:
        raise LabError(f"{count} virtual machines take about {need} MiB of memory and {have} MiB are available; "
                       "start fewer, or use --backend netns")


def available_memory():
    with open("/proc/meminfo") as table:
        rows = dict(line.split(":") for line in table)
    return int(rows["MemAvailable"].split()[0]) // 1024


def on(state, node):
    identity = state["processes"].get(names.node_name(node))
    return bool(identity) and processes.alive(identity)


def power_on(state, nodes):
    command = BACKENDS[state["backend"]]
    for node in nodes:
        if on(state, node):
            raise LabError(f"{names.node_name(node)} is on already")
    try:
        for node in nodes:
            log = state.path("machines.log")  # what the machines say that is not the node's console
            state["processes"][names.node_name(node)] = processes.start(command(state, node), log)
    finally:
        state.save()


def power_cut(state, nodes):
    identities = [state["processes"].get(names.node_name(node)) for node in nodes]
    for node, identity in zip(nodes, identities):
        if not identity or not processes.alive(identity):
            raise LabError(f"{names.node_name(node)} is off already")
    processes.end(identities)


