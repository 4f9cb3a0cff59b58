"""The front end of a lab: its configuration, and nodemaster in its namespace."""

import pathlib
import signal
import subprocess
import time
import tomllib

from . import names, processes
from .errors import LabError
from .toml_writer import dump

DEFAULT_PLAN = names.TREE / "examples/node_up.toml"
PATHS = (("node_up", "plan"), ("node_up", "hooks"), ("node_up", "down_hooks"), ("security", "keys"))  # in cluster.toml: table, key


def write_config(state, options):
    """cluster.toml of the lab, returned as a table: nodelab's own values, under those of --config if there is one."""
    last = state["nodes"] - 1
    values = {
        "name": state.lab,
        "front_end": {"interface": names.FRONT_END_LINK, "address": names.FRONT_END_ADDRESS},
        "nodes": [{"range": f"0-{last}" if last else "0", "mac": names.FIRST_MAC, "address": str(names.FIRST_ADDRESS)}],
        "node_up": {"plan": str(DEFAULT_PLAN)},
    }
    if options.config:
        merge(values, read_config(pathlib.Path(options.config)))
    if options.plan:
        values["node_up"]["plan"] = str(pathlib.Path(options.plan).resolve())
    if options.insecure:
        values["insecure"] = True
    if not is_insecure(values) and not own_keys(values):
        merge(values, {"security": {"keys": str(lab_keys(state))}})
    values["front_end"]["control_socket"] = str(control_socket(state))
    values["front_end"]["state"] = str(state.path("state"))
    state.path("cluster.toml").write_text(dump(values))
    return values


def is_insecure(cluster):
    return cluster.get("insecure") is True


def lab_keys(state):
    return state.path("keys")


def own_keys(cluster):
    """The directory of keys that the --config names, if it does."""
    security = cluster.get("security")
    return security.get("keys") if isinstance(security, dict) else None


def image_keys(state, cluster, options):
    """The keys that nodes of the lab have in their image; None in an insecure lab, unless it is to be tried what becomes of
    nodes with keys there."""
    if options.node_keys or is_insecure(cluster):
        return options.node_keys
    return str(own_keys(cluster) or lab_keys(state))


def make_keys(state, cluster):
    """Every lab has keys of its own, so that no node of one joins another, unless its --config names others."""
    if is_insecure(cluster) or own_keys(cluster) != str(lab_keys(state)):
        return
    without = ["--no-cluster-key"] if cluster["security"].get("cluster_key") is False else []
    command = [f"{state['programs']}/nodemaster", "keygen", *without, str(lab_keys(state))]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise LabError(done.stdout.strip())


def read_config(path):
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LabError(f"{path}: {error}") from error
    # Paths in it are relative to its folder, and the lab's copy is somewhere else.
    for name, key in PATHS:
        table = values.get(name)
        if isinstance(table, dict) and isinstance(table.get(key), str):  # what is wrong, nodemaster says
            table[key] = str((path.parent / table[key]).resolve())
    return values


def merge(values, stronger):
    for key, value in stronger.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            merge(values[key], value)
        else:
            values[key] = value


def control_socket(state):
    return state.path("control.sock")


def running(state):
    identity = state["processes"].get("fe")
    return bool(identity) and processes.alive(identity)


def start(state):
    if running(state):
        raise LabError("the front end is running already")
    command = [f"{state['programs']}/nodemaster", "--config", str(state.path("cluster.toml"))]
    log = state.path("frontend.log")
    began = log.stat().st_size if log.exists() else 0
    control_socket(state).unlink(missing_ok=True)
    state["processes"]["fe"] = processes.start(command, log, names.namespace(state.lab, "fe"))
    state.save()
    wait_until_ready(state, began)


def wait_until_ready(state, log_began, patience=10.0):
    deadline = time.monotonic() + patience
    while not control_socket(state).exists():
        if not running(state) or time.monotonic() > deadline:
            said = state.path("frontend.log").read_bytes()[log_began:].decode(errors="replace").strip()
            raise LabError("nodemaster did not start; it said:\n" + (said or "(nothing)"))
        time.sleep(0.01)


def stop(state, kill):
    if not running(state):
        raise LabError("the front end is not running")
    processes.end([state["processes"]["fe"]], signal.SIGKILL if kill else signal.SIGTERM)
