"""Processes of a lab: started apart from nodelab, known again by pid and start time, found by network namespace.

A pid alone is never trusted: it may belong to somebody else by now. Signals go through a pidfd, which names the
same process for ever.
"""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import time


def start(command, output, namespace=None):
    """Starts a process that outlives nodelab; [pid, start time]."""
    if namespace:
        command = ["nsenter", f"--net=/run/netns/{namespace}", "--", *command]
    with open(output, "ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")
    return [child.pid, start_time(child.pid)]


def start_time(pid):
    """In clock ticks since the machine's boot; None when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text.rpartition(")")[2].split()[19])


def open_process(identity):
    """A pidfd for [pid, start time]; None when that process has ended."""
    pid, started = identity
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    # In this order: the pidfd holds the process whose start time is then compared.
    if start_time(pid) == started and not is_zombie(pid):
        return handle
    os.close(handle)
    return None


def is_zombie(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def alive(identity):
    handle = open_process(identity)
    if handle is not None:
        os.close(handle)
    return handle is not None


def end(identities, number=signal.SIGTERM, patience=5.0):
    """Sends all of them the signal and waits; whoever is still there after `patience` seconds is killed."""
    with contextlib.ExitStack() as stack:
        handles = [handle for handle in map(open_process, identities) if handle is not None]
        for handle in handles:
            stack.callback(os.close, handle)
        remaining = signal_and_wait(handles, number, patience)
        return not signal_and_wait(remaining, signal.SIGKILL, patience)


def signal_and_wait(handles, number, patience):
    """Those that have not ended in time. A pidfd is readable when its process has."""
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    remaining = set(handles)
    deadline = time.monotonic() + patience
    while remaining and time.monotonic() < deadline:
        for handle, _ in poll.poll(100):
            poll.unregister(handle)
            remaining.discard(handle)
    return sorted(remaining)


def of_lab(spaces):
    """[pid, start time] of every process of a lab with these network namespaces (names.namespaces_of)."""
    inodes = set()
    for path in spaces:
        with contextlib.suppress(FileNotFoundError):
            inodes.add(os.stat(path).st_ino)
    words = {path.name for path in spaces} | {f"--net={path}" for path in spaces}
    found = []
    for entry in os.listdir("/proc") if inodes else ():
        if entry.isdigit() and (namespace_of(entry) in inodes or is_entering(entry, words)):
            found.append([int(entry), start_time(entry)])
    return found


def namespace_of(pid):
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except OSError:  # it has ended meanwhile
        return None


def is_entering(pid, words):
    """Whether it is one that start() has started and that is not in its namespace yet."""
    try:
        arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (OSError, ValueError):
        return False
    return arguments[0].rpartition("/")[2] in ("node-container", "nsenter") and not words.isdisjoint(arguments)
