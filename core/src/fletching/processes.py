"""Which process something belongs to, and whether it is still there."""

from __future__ import annotations

import os

__all__ = ["is_gone", "is_near", "pid_of", "this_process"]


def this_process() -> str:
    """Return what tells this process from any other, also from a later one with the same number."""
    pid = os.getpid()
    return " ".join((str(pid), _start(pid), _boot(), _namespace()))


def pid_of(process: str) -> int:
    """Return the process number in what `this_process` returned."""
    return int(process.partition(" ")[0] or 0)


def is_gone(process: str) -> bool:
    """Tell whether a process ended; False where that cannot be known from here, as in another container."""
    pid, start, boot, namespace = (process.split(" ") + [""] * 4)[:4]
    if boot != _boot():
        return True
    if namespace != _namespace():
        return False
    if start:
        return _start(int(pid)) != start
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def is_near(process: str) -> bool:
    """Tell whether a process is one of this machine, since it was started, and of this container."""
    return process.split(" ")[2:] == [_boot(), _namespace()]


def _start(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; empty if there is none or nothing tells."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The name in parentheses may hold anything, also parentheses.
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    # One that ended and was not waited for is gone, too.
    return "" if fields[0] in "ZX" else fields[19]


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
