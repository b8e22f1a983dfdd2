"""The program of a worker process: run the attempts a parent sends, one after another, until it is gone."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from fletching.run.shipping import pack_outcome, read_frame, send_frame

__all__ = ["main"]


def main() -> None:
    """Serve the socket whose number is the first argument, for as long as the pipe of the second is open."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    _die_with(int(sys.argv[2]))
    os.set_inheritable(connection.fileno(), False)  # a program that the task starts must not keep it open
    sys.argv[:] = [""]
    # Ctrl-C is the parent's to handle: it decides what happens to us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            token, job = read_frame(connection)
        except (EOFError, ConnectionError):
            return
        setting, payload = pickle.loads(job)  # noqa: S301 - written by the process that started us
        me = os.getpid()
        reply = _serve(connection, token, setting, payload)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # the task may have closed or replaced it
                stream.flush()
        if os.getpid() != me:
            os._exit(0)  # a child that the task forked and did not end: there is one reply, and it is its parent's
        signal.setitimer(signal.ITIMER_REAL, 0)  # an alarm that the task forgot must not hit the next one
        try:
            send_frame(connection, token, reply)
        except ConnectionError:
            return


def _die_with(pipe: int) -> None:
    """Have the kernel end this process group when the other end of ``pipe`` closes, also inside a C loop."""
    import fcntl

    os.set_inheritable(pipe, False)
    signal.signal(signal.SIGIO, signal.SIG_DFL)  # whose default is to end the process
    fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)


def _serve(connection: socket.socket, token: bytes, setting: dict[str, Any], payload: bytes) -> bytes:
    value, error = None, None
    try:
        _adopt(setting)
        task, attempt, folder, prefix, inputs = pickle.loads(payload)  # noqa: S301 - as above
    except BaseException as problem:  # noqa: BLE001 - told to the parent as the result
        send_frame(connection, token, b"")
        return pack_outcome(None, problem, setting["module"])
    send_frame(connection, token, b"")
    try:
        from fletching.context import Execution
        from fletching.execution import run_attempt
        from fletching.types.blobs import raw_output_prefix

        raw_output_prefix.set(prefix)
        value = run_attempt(Execution(task, attempt, "process", folder), inputs)
    except BaseException as problem:  # noqa: BLE001 - told to the parent as the result
        error = problem
    return pack_outcome(value, error, setting["module"])


def _adopt(setting: dict[str, Any]) -> None:
    """Take over where the parent is: its import path, its folder, its environment."""
    sys.path[:] = setting["path"]
    if setting["folder"]:
        os.chdir(setting["folder"])
    if dict(os.environ) != setting["environment"]:
        os.environ.clear()
        os.environ.update(setting["environment"])
