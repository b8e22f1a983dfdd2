"""The program of a worker process: run the attempts a parent sends, one after another, until it is gone."""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fletching.run.channel import receive, send
from fletching.run.guardian import adopt_orphans
from fletching.run.output import drop_unwritten, logged
from fletching.run.shipping import importing, pack_outcome, raw_environment

if TYPE_CHECKING:
    from fletching.run.channel import Piece

__all__ = ["main"]


def main() -> None:
    """Serve the socket whose number is the first argument, for as long as the pipe of the second is open."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    _die_with(int(sys.argv[2]))
    adopt_orphans()
    os.set_inheritable(connection.fileno(), False)  # a program that the task starts must not keep it open
    sys.argv[:] = [""]
    # Ctrl-C is the parent's to handle: it decides what happens to us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours = _identity(connection)
    adopted = Adopted()
    try:
        with suppress(EOFError, ConnectionError):  # the parent is gone
            while True:
                _serve(connection, ours, adopted)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # the task may have replaced it
                drop_unwritten(stream)


def _die_with(pipe: int) -> None:
    """Have the kernel end this process group when the other end of ``pipe`` closes, also inside a C loop."""
    import fcntl

    os.set_inheritable(pipe, False)
    signal.signal(signal.SIGIO, signal.SIG_DFL)  # whose default is to end the process
    fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    closed = select.poll()
    closed.register(pipe, select.POLLIN)
    if closed.poll(0):  # before the kernel was asked to watch it, so it will say nothing
        sys.exit()


def _identity(connection: socket.socket) -> tuple[int, int]:
    found = os.fstat(connection.fileno())
    return found.st_dev, found.st_ino


class Adopted:
    """Where the parent is: its import path, its folder, its environment."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._environment: dict[str, str] = {}
        self._raw: dict[Any, Any] | None = None

    def adopt(self, setting: dict[str, Any]) -> None:
        """Take over what is new, and take back what the last task changed."""
        from fletching.redaction import adopt_forms

        adopt_forms(setting.get("secrets", ()))
        self._path = setting.get("path", self._path)
        if "environment" in setting:
            self._environment, self._raw = setting["environment"], None
        sys.path[:] = self._path
        if setting["folder"]:
            os.chdir(setting["folder"])
        if raw_environment() != self._raw:
            os.environ.clear()
            os.environ.update(self._environment)
            self._raw = raw_environment()


def _serve(connection: socket.socket, ours: tuple[int, int], adopted: Adopted) -> None:
    """Run one attempt. What it was given and what it gave is gone when this returns."""
    token, parts = receive(connection)
    setting = pickle.loads(parts[0])  # noqa: S301 - written by the process that started us
    me, limit = os.getpid(), sys.getrecursionlimit()
    with logged(setting["log"]):
        reply = _run(connection, token, setting, parts, adopted)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # the task may have closed or replaced it
                stream.flush()
    if os.getpid() != me:
        os._exit(0)  # a child that the task forked and did not end: there is one reply, and it is its parent's
    signal.setitimer(signal.ITIMER_REAL, 0)  # an alarm that the task forgot must not hit the next one
    sys.setrecursionlimit(limit)
    try:
        kept = _identity(connection) == ours
    except OSError:
        kept = False
    if not kept:  # there may be a file of the user's in its place
        sys.exit("fletching: a task closed a file that it did not open: the socket for its result")
    send(connection, token, reply)


def _run(
    connection: socket.socket, token: bytes, setting: dict[str, Any], parts: list[Piece], adopted: Adopted
) -> list[list[Piece]]:
    value: Any = None
    problem: BaseException | None = None
    shipped: tuple[Any, ...] = ()
    try:
        adopted.adopt(setting)
        importing.append(setting["module"])
        shipped = pickle.loads(parts[1], buffers=parts[2:])  # noqa: S301 - as above
    except BaseException as error:  # noqa: BLE001 - told to the parent as the result
        problem = error
    importing.clear()
    parts.clear()
    if setting["tell"]:
        send(connection, token, [])
    if problem is None:
        try:
            value = _attempt(*shipped)
        except BaseException as error:  # noqa: BLE001 - told to the parent as the result
            problem = error
    return pack_outcome(value, problem, setting["module"], by_value=setting["by_value"])


def _attempt(task: Any, about: dict[str, Any], prefix: str, inputs: dict[str, Any]) -> Any:
    from fletching.context import Execution
    from fletching.execution import run_attempt, run_attempt_async
    from fletching.types.blobs import raw_output_prefix

    raw_output_prefix.set(prefix)
    execution = Execution(task, executor="process")
    for name, value in about.items():
        setattr(execution, name, value)
    if getattr(task, "is_async", False):
        import asyncio

        return asyncio.run(run_attempt_async(execution, inputs))
    return run_attempt(execution, inputs)
