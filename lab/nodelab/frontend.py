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
    if not is_insecure(values):
        merge(values, {"security": {"keys": str(keys(state))}})
    values["front_end"]["control_socket"] = str(control_socket(state))
    state.path("cluster.toml").write_text(dump(values))
    return values


def is_insecure(cluster):
    return cluster.get("insecure") is True


def keys(state):
    return state.path("keys")


def make_keys(state, cluster):
    """Every lab has keys of its own, so that no node of one joins another."""
    if is_insecure(cluster):
        return
    security = cluster["security"]
    without = ["--no-cluster-key"] if isinstance(security, dict) and security.get("cluster_key") is False else []
    command = [f"{state['programs']}/nodemaster", "keygen", *without, str(keys(state))]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise LabError(done.stdout.strip())


def read_config(path):
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LabError(f"{path}: {error}") from error
    # Paths in it are relative to its folder, and the lab's copy is somewhere else.
    node_up = values.get("node_up")
    for key in ("plan", "hooks") if isinstance(node_up, dict) else ():
        if isinstance(node_up.get(key), str):  # what is wrong, nodemaster says
            node_up[key] = str((path.parent / node_up[key]).resolve())
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
