"""Worker: a process that runs one attempt at a time, and can be killed with all that the attempt started."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fletching.run.channel import receive, send
from fletching.run.guardian import end_tree

if TYPE_CHECKING:
    from fletching.run.channel import Piece
    from fletching.run.guardian import Guardian
    from fletching.run.shipping import Surroundings

__all__ = ["START_SECONDS", "Worker", "living"]

START_SECONDS = 60.0
"""How long a worker may take to start and import the task's module; that is not counted against the deadline."""

LONGEST_WAIT = 86400.0
"""The most seconds we ask the kernel to wait at once; it cannot count to a month."""

living: set[Worker] = set()
"""Every worker, idle or not: a process forked from ours must not hold on to them."""


class Worker:
    """A process that runs one attempt at a time and can be killed."""

    def __init__(self, guardian: Guardian | None) -> None:
        # Sockets of our own, not stdin and stdout: what the task prints must go where the user's prints go.
        ours, theirs = socket.socketpair()
        # Nothing is ever written to this pipe: that it closes tells the worker that we are gone.
        watched, self._alive = os.pipe()
        try:
            numbers = theirs.fileno(), watched
            self.process = subprocess.Popen(
                # -P: a file of the user's in the folder where we are may have the name of a module that a worker needs.
                [sys.executable, "-P", "-c", "from fletching.run.worker import main; main()", *map(str, numbers)],
                pass_fds=numbers,
                # A group of its own, so that what the task started is stopped with it.
                start_new_session=True,
                env=_worker_environment(),
            )
        except BaseException:
            ours.close()
            os.close(self._alive)
            raise
        finally:
            theirs.close()
            os.close(watched)
        ours.setblocking(False)
        self.socket = ours
        self.seen: dict[str, int] = {}
        """When the file of each module that it ran a task of was last changed."""
        self.told: Surroundings | None = None
        """What it knows of this process."""
        self._patience: float | None = None
        self._lock = threading.RLock()  # a signal handler may stop what the same thread waits for
        # A process that the task forked may hold the other end of the socket; that the worker ended is told by this.
        self._ended = -1
        with suppress(OSError, AttributeError):  # not on Linux
            self._ended = os.pidfd_open(self.process.pid)
        self._poll = select.poll()
        if self._ended >= 0:
            self._poll.register(self._ended, select.POLLIN)
        self._guardian = guardian
        living.add(self)
        if guardian is not None:
            guardian.hold(self.process.pid, self._alive)

    def run(self, setting: list[Piece], job: list[list[Piece]], seconds: float | None) -> list[Piece] | None:
        """Run a job; return its reply, or None if its deadline came first.

        Raises:
            EOFError: the process ended by itself.
            TimeoutError: it took too long to start, or to send what it had begun to send.
            ForeignFrameError: something else than a reply came.
        """
        token = os.urandom(8)
        self._patience = None if seconds is None else START_SECONDS
        send(self.socket, token, [setting, *job], self._wait)
        if seconds is not None:
            receive(self.socket, token, self._wait)  # the job is loaded: the clock starts now
        if not self._ready(select.POLLIN, seconds):
            return None
        self._patience = START_SECONDS
        return receive(self.socket, token, self._wait)[1]

    def _wait(self, event: int) -> None:
        if not self._ready(event, self._patience):
            raise TimeoutError

    def _ready(self, event: int, seconds: float | None) -> bool:
        """Wait until the socket has something, or room, or is closed; False if that takes longer than ``seconds``."""
        file = self.socket.fileno()
        self._poll.register(file, event)
        end = None if seconds is None else time.monotonic() + seconds
        longest = LONGEST_WAIT if self._ended >= 0 else 0.5
        while True:
            left = longest if end is None else min(end - time.monotonic(), longest)
            if left <= 0:
                return False
            found = [ready for ready, _ in self._poll.poll(left * 1000)]
            if file in found:
                return True
            if found or (self._ended < 0 and self.ended_within(0)):
                raise EOFError("the process ended")

    def ended_within(self, seconds: float) -> bool:
        """Whether the process has ended, or does so in time. It stays ours to collect, where the system can tell."""
        if self._ended >= 0:
            poll = select.poll()
            poll.register(self._ended, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Kill the process and all it started, and leave the rest to the thread that waits for it."""
        with self._lock:
            if self.process.returncode is None:
                end_tree(self.process.pid)
                self.dismiss()

    def kill(self) -> int:
        """Stop the process and all it started, and return its exit code: its own, if it had ended."""
        self.stop()
        self.close()
        return self.process.wait()

    def dismiss(self) -> None:
        """Have the process end by itself, if it waits for work."""
        with self._lock, suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the process."""
        with self._lock:
            if self._alive < 0:
                return
            if self._guardian is not None:
                self._guardian.let_go(self.process.pid)
            self.socket.close()
            os.close(self._alive)
            self._alive = -1
            living.discard(self)
            if self._ended >= 0:
                self._poll.unregister(self._ended)
                os.close(self._ended)
                self._ended = -1

    def forget(self) -> None:
        """Let go in a process that was forked from ours, where the worker is nobody's child."""
        self._lock = threading.RLock()
        self._guardian = None  # it is our parent's, and so is the worker
        self.close()
        self.process.returncode = 0


def _worker_environment() -> dict[str, str]:
    # The package may have been found through a sys.path entry that only this process knows.
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
