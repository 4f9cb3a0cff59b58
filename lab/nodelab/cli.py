"""nodelab's command line."""

import argparse
import os
import subprocess
import sys

from . import frontend, labs, names, nodes, state
from .errors import LabError

DESCRIPTION = """Runs a whole cluster on this machine: a front end and its nodes.

With --backend netns (the default) a node is a set of namespaces with nodeinit as its PID 1: up to 1023 of
them, up in seconds. With --backend qemu it is a virtual machine that boots the real image. All addresses are in
network namespaces of their own; nothing leaves the machine, and `down` leaves nothing behind."""

EXAMPLE = """example:
  nodelab up --nodes 16
  nodelab ctl -- wait all --timeout 60s
  nodelab ctl -- run -l all -- /bin/hostname
  nodelab down"""


def up(options):
    current = labs.up(options.name, options)
    name = "" if options.name == "lab" else f" --name {options.name}"
    print(f"lab {options.name}: {current['nodes']} nodes ({current['backend']}), state in {current.path('')}\n"
          f"next: nodelab ctl{name} -- wait all --timeout 60s")


def ctl(options):
    current = state.State.load(options.name)
    command = [f"{current['programs']}/nodectl", "--socket", str(frontend.control_socket(current)), *options.words]
    os.execv(command[0], command)


def power_cut(options):
    with state.lock():
        current = state.State.load(options.name)
        nodes.power_cut(current, current.parse_nodes(options.nodes))


def power_on(options):
    with state.lock():
        current = state.State.load(options.name)
        nodes.power_on(current, current.parse_nodes(options.nodes))


def cut_link(options):
    current = state.State.load(options.name)
    for node in current.parse_nodes(options.nodes):
        labs.network_of(current).cut(node)


def restore_link(options):
    current = state.State.load(options.name)
    for node in current.parse_nodes(options.nodes):
        labs.network_of(current).restore(node)


def stop_frontend(options):
    with state.lock():
        frontend.stop(state.State.load(options.name), options.kill)


def start_frontend(options):
    with state.lock():
        frontend.start(state.State.load(options.name))


def console(options):
    current = state.State.load(options.name)
    for node in current.parse_nodes(options.nodes):
        show(current.console(node), options.follow)


def frontend_log(options):
    show(state.State.load(options.name).path("frontend.log"), options.follow)


def show(path, follow):
    if not path.exists():
        raise LabError(f"{path} is not there: nothing has been started that writes to it")
    subprocess.run(["tail", "-n", "+1", *(["-f"] if follow else []), str(path)], check=False)


def frontend_exec(options):
    current = state.State.load(options.name)
    if not options.words:
        raise LabError("which command? nodelab frontend-exec -- CMD...")
    space = names.NETNS / names.namespace(current.lab, "fe")
    os.environ["NODECTL_SOCKET"] = str(frontend.control_socket(current))
    os.execvp("nsenter", ["nsenter", f"--net={space}", "--", *options.words])


def down(options):
    labs.down(options.name)


def list_labs(_):
    for lab in names.labs():
        print(labs.summary(lab))


def up_options(parser):
    parser.add_argument("--nodes", type=node_count, default=4, metavar="N", help="how many (default: 4)")
    parser.add_argument("--backend", choices=nodes.BACKENDS, default="netns", help="default: netns")
    parser.add_argument("--plan", metavar="FILE", help="the node-up plan (default: examples/node_up.toml)")
    parser.add_argument("--config", metavar="FILE",
                        help="a cluster.toml; what it does not say, nodelab fills in")
    parser.add_argument("--link-rate", metavar="RATE", help="of every node's link, as tc(8) takes it: 100mbit")
    parser.add_argument("--node-config", metavar="FILE", help="nodeinit.toml of the image, taken as it is")
    parser.add_argument("--node-argument", metavar="KEY=VALUE", action="append", default=[],
                        help="an argument for nodeinit (qemu: a word nodeinit.KEY=VALUE of the kernel's); repeatable")
    parser.add_argument("--node-keys", metavar="DIR",
                        help="keys that go into the image, also of an insecure lab (default: those of the lab's front end)")
    parser.add_argument("--insecure", action="store_true",
                        help="without keys: connections in the clear, whoever answers commands the nodes")
    parser.add_argument("--modules", metavar="NAME,...", default="",
                        help="kernel modules that qemu nodes load besides those for the network")
    parser.add_argument("--memory", type=memory_size, default=nodes.QEMU_MEMORY, metavar="MIB",
                        help="of every qemu node (default: %(default)s)")
    parser.add_argument("--no-frontend", action="store_true", help="leave it for start-frontend")
    parser.add_argument("--powered-off", action="store_true", help="leave the nodes for power-on")
    parser.add_argument("--programs", metavar="DIR", help="where the programs are (default: build/musl/bin)")


def memory_size(text):
    if not text.isdigit() or not 64 <= int(text) <= 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of MiB from 64 to 65536")
    return int(text)


def node_count(text):
    if not text.isdigit() or not 1 <= int(text) <= names.MAX_NODES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {names.MAX_NODES}")
    return int(text)


def node_set(parser):
    parser.add_argument("nodes", metavar="N", help="a node or a set of them: 3, 0-3,7")


def following(parser):
    parser.add_argument("-f", "--follow", action="store_true", help="go on as it grows")


def nodes_and_following(parser):
    node_set(parser)
    following(parser)


def words(parser):
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="-- WORD...", help="the command")


def kill_option(parser):
    parser.add_argument("--kill", action="store_true", help="by SIGKILL, as a crash would")


def nothing(_):
    pass


COMMANDS = {
    # name: (what it does, its options, function)
    "up": ("make a lab and start it", up_options, up),
    "ctl": ("run nodectl on the lab", words, ctl),
    "power-cut": ("switch nodes off without warning", node_set, power_cut),
    "power-on": ("switch nodes on", node_set, power_on),
    "cut-link": ("pull the network cable of nodes", node_set, cut_link),
    "restore-link": ("plug it in again", node_set, restore_link),
    "stop-frontend": ("stop nodemaster", kill_option, stop_frontend),
    "start-frontend": ("start nodemaster", nothing, start_frontend),
    "console": ("show what nodes wrote to their consoles", nodes_and_following, console),
    "frontend-log": ("show what nodemaster wrote", following, frontend_log),
    "frontend-exec": ("run a command in the front end's network", words, frontend_exec),
    "down": ("end the lab and remove all of it", nothing, down),
    "list": ("show the labs on this machine", nothing, list_labs),
}


def make_parser():
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("nodelab", description=DESCRIPTION, epilog=EXAMPLE, formatter_class=formatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, add_options, function) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name != "list":
            command.add_argument("--name", default="lab", metavar="LAB", help="which lab (default: lab)")
        add_options(command)
        command.set_defaults(function=function)
    return parser


def main(arguments):
    options = make_parser().parse_args(arguments)
    if getattr(options, "words", None) and options.words[0] == "--":
        options.words = options.words[1:]
    try:
        names.check_lab_name(getattr(options, "name", "lab"))
        if os.geteuid() != 0:
            raise LabError("must be root: it makes namespaces and devices")
        os.environ["PATH"] += ":/usr/sbin:/sbin"  # which su leaves out
        options.function(options)
    except LabError as error:
        print(f"nodelab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
