"""What ends the processes that a task started, also those that left its session, and also when we are killed.

A worker is the parent of every process below it whose own parent ended, so all of them can be found from it while it
lives. When this process is killed nothing of ours runs any more; so a small process of its own, the guardian, holds
the workers until it has ended what is below them. Should it be killed too, the kernel ends the workers as they are.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress

__all__ = ["Guardian", "adopt_orphans", "end_tree", "main"]

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of what is below this process when its own parent ends, where the kernel can."""
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_tree(pid: int) -> None:
    """Kill the process group of ``pid`` and everything below it, whichever session it is in."""
    with suppress(OSError):
        os.killpg(pid, signal.SIGSTOP)
    # What is stopped starts nothing; so this ends, and misses nobody.
    found, fresh = {pid}, {pid}
    while fresh:
        fresh = _below(pid) - found
        for each in fresh:
            with suppress(OSError):
                os.kill(each, signal.SIGSTOP)
        found |= fresh
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    for each in found - {pid}:
        with suppress(OSError):
            os.kill(each, signal.SIGKILL)


def _below(pid: int) -> set[int]:
    """Return the processes below ``pid``; none where the system does not tell."""
    children: dict[int, list[int]] = {}
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal():
                fields = _stat(int(name))
                if fields:
                    children.setdefault(int(fields[1]), []).append(int(name))
    below: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in below:
                below.add(child)
                waiting.append(child)
    return below


def _stat(pid: int) -> list[bytes]:
    """Return what the system tells of a process from its state on, or nothing."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            return file.read(1024).rpartition(b")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> bytes:
    """Return when a process was started: another one that gets its number was started at another time."""
    return (_stat(pid) or [b""] * 20)[19]


class Guardian:
    """Our end of the line to the guardian's process, which ends every worker that it holds when we are gone."""

    def __init__(self) -> None:
        import subprocess

        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-S",
                    "-P",
                    "-c",
                    "from fletching.run.guardian import main; main()",
                    str(theirs.fileno()),
                ],
                pass_fds=[theirs.fileno()],
                # What ends us, a signal to our group or a closed terminal, must not end it.
                start_new_session=True,
                # It must not keep the user's pipes open, nor his folder.
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))},
            )
        except BaseException:
            self._line.close()
            raise
        finally:
            theirs.close()

    def hold(self, pid: int, alive: int) -> None:
        """Have it hold a worker, and the pipe whose end the worker would not survive."""
        with suppress(OSError):
            socket.send_fds(self._line, [b"+%d %s" % (pid, _started(pid))], [alive])

    def let_go(self, pid: int) -> None:
        """Have it forget a worker."""
        with suppress(OSError):
            self._line.send(b"-%d" % pid)

    def close(self) -> None:
        """Let it end."""
        self._line.close()
        self._process.returncode = 0  # nobody waits for it


def main() -> None:
    """Hold what the socket of the first argument tells of; when it closes, end what is held."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    line = socket.socket(fileno=int(sys.argv[1]))
    held: dict[int, tuple[int, bytes]] = {}
    while True:
        try:
            told, files, _, _ = socket.recv_fds(line, 64, 1)
        except OSError:
            break
        if not told:
            break
        number, _, started = told[1:].partition(b" ")
        if int(number) in held:
            os.close(held.pop(int(number))[0])
        if told[:1] == b"+" and files:
            held[int(number)] = files[0], started
    for pid, (_, started) in held.items():
        if started and _started(pid) == started:
            end_tree(pid)
