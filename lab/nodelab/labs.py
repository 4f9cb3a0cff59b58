"""A lab as a whole: made, taken down, listed."""

import signal

from . import build, cgroups, frontend, kernel_limits, names, network, nodes, processes, state
from .errors import LabError


def up(lab, options):
    programs = build.programs(options.programs)
    nodes.check_machine(options.backend, options.nodes, options.memory)
    with state.lock():
        if lab in names.labs():
            raise LabError(f"the lab {lab!r} is there already; take it down with: nodelab down --name {lab}")
        current = state.State.create(lab, backend=options.backend, nodes=options.nodes, programs=programs,
                                     node_arguments=options.node_argument, memory=options.memory)
        try:
            make(current, options)
        except BaseException:
            take_down(lab)
            raise
    return current


def make(current, options):
    cluster = frontend.write_config(current, options)
    frontend.make_keys(current, cluster)
    nodes.build_image(current, options, frontend.image_keys(current, cluster, options))
    kernel_limits.raise_for(options.nodes)
    net = network_of(current)
    net.create()
    if options.link_rate:
        net.limit(range(options.nodes), options.link_rate)
    if not options.no_frontend:
        frontend.start(current)
    if not options.powered_off:
        nodes.power_on(current, range(options.nodes))


def network_of(current):
    return network.Network(current.lab, current["nodes"], taps=current["backend"] == "qemu")


def down(lab):
    with state.lock():
        if lab not in names.labs():
            raise LabError(f"there is no lab {lab!r} (labs: {', '.join(names.labs()) or 'none'})")
        take_down(lab)


def take_down(lab):
    """Works from what is there rather than from what should be: nodelab may have been killed at any moment."""
    end_processes(lab)
    network.delete(lab)
    cgroups.remove(lab)
    if not any(is_large(other) for other in names.labs() if other != lab):
        kernel_limits.restore()
    state.forget(lab)


def is_large(lab):
    try:
        return state.State.load(lab)["nodes"] > kernel_limits.SMALL
    except (LabError, ValueError):
        return False


def end_processes(lab):
    spaces = names.namespaces_of(lab).values()
    for _ in range(3):  # a process may have forked while we looked
        found = processes.of_lab(spaces)
        if not found:
            return
        processes.end(found, signal.SIGKILL)
    stuck = ", ".join(str(pid) for pid, _ in processes.of_lab(spaces))
    if stuck:
        raise LabError(f"processes of {lab} do not end, not even by SIGKILL: {stuck}; try again later")


def summary(lab):
    try:
        current = state.State.load(lab)
    except (LabError, ValueError):
        return f"{lab}: incomplete; remove it with: nodelab down --name {lab}"
    powered = sum(nodes.on(current, node) for node in range(current["nodes"]))
    front_end = "running" if frontend.running(current) else "stopped"
    return f"{lab}: {current['nodes']} nodes ({powered} on), {current['backend']}, front end {front_end}"
