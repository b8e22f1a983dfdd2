"""Attempts with a deadline: they run in a process of their own, because nothing else can really be stopped.

A thread in a C loop cannot be interrupted, so an attempt of a sync task that has a ``timeout`` gets a worker
process. At the deadline the worker's whole process group is killed. A worker that finished in time waits for the
next attempt of the same caller; the operating system ends it when the caller is gone, however that happened.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fletching.errors import ExecutionWarning, TaskTimeoutError, WorkerDiedError
from fletching.run.shipping import ForeignFrameError, load, read_frame, send_frame, ship

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.context import Execution

__all__ = ["run_with_deadline", "timed_out"]

START_SECONDS = 60.0
"""How long a worker may take to start and import the task's module; that is not counted against the deadline."""

LONGEST_WAIT = 86400.0
"""The most seconds we ask a socket to wait at once; it cannot count to a month."""

IDLE_LIMIT = 16
"""How many workers wait for the next attempt: a burst of callers must not leave a process behind for each of them."""

_idle: list[Worker] = []
_workers: set[Worker] = set()
"""Every worker, idle or not: a process forked from ours must not hold on to them."""
_lock = threading.Lock()


def timed_out(execution: Execution, seconds: float) -> TaskTimeoutError:
    """Return the error of an attempt that was stopped at its deadline."""
    return TaskTimeoutError(
        f"task {execution.task_name!r} was stopped after its timeout of {seconds:g} s; raise timeout= or make it faster"
    )


class Worker:
    """A process that runs one attempt at a time and can be killed."""

    def __init__(self) -> None:
        # Sockets of our own, not stdin and stdout: what the task prints must go where the user's prints go.
        import socket

        ours, theirs = socket.socketpair()
        # Nothing is ever written to this pipe: that it closes tells the worker that we are gone.
        watched, self._alive = os.pipe()
        try:
            numbers = theirs.fileno(), watched
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from fletching.run.worker import main; main()", *map(str, numbers)],
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
        self.socket = ours
        self.seen: dict[str, int] = {}
        """When the file of each module that it ran a task of was last changed."""
        _workers.add(self)

    def run(self, job: bytes, seconds: float) -> bytes | None:
        """Run a job; return its reply, or None if its deadline came first.

        Raises:
            EOFError: the process ended by itself.
            TimeoutError: it took too long to start, or to send what it had begun to send.
            ForeignFrameError: something else than a reply came.
        """
        token = os.urandom(8)
        self.socket.settimeout(START_SECONDS)
        send_frame(self.socket, token, job)
        read_frame(self.socket, token)  # the job is loaded: the clock starts now
        if not self._replies_within(seconds):
            return None
        self.socket.settimeout(START_SECONDS)
        return read_frame(self.socket, token)[1]

    def _replies_within(self, seconds: float) -> bool:
        import socket

        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(min(left, LONGEST_WAIT))
            try:
                self.socket.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                continue
            return True
        return False

    def kill(self) -> int:
        """Stop the process and all it started, and return its exit code."""
        import signal

        with suppress(ProcessLookupError):  # it ended between our decision and the call
            os.killpg(self.process.pid, signal.SIGKILL)
        self.close()
        return self.process.wait()

    def close(self) -> None:
        """Let go of the process, which then ends by itself."""
        self.socket.close()
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1
        _workers.discard(self)

    def forget(self) -> None:
        """Let go in a process that was forked from ours, where the worker is nobody's child."""
        self.close()
        self.process.returncode = 0


def _worker_environment() -> dict[str, str]:
    # The package may have been found through a sys.path entry that only this process knows.
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def run_with_deadline(execution: Execution, inputs: Mapping[str, Any], seconds: float) -> Any:
    """Run one attempt of a sync task in a worker process and stop it for good after ``seconds``.

    Raises:
        TaskTimeoutError: it was stopped.
        WorkerDiedError: the process ended without a result.
    """
    if sys.platform == "win32":
        return _without_process(execution, inputs)
    job = ship(execution, inputs)
    worker = _take(execution.task.instantiated_in)
    keep = False
    try:
        reply = worker.run(job, seconds)
        if reply is None:
            raise timed_out(execution, seconds)
        keep = True
    except ForeignFrameError as error:
        raise WorkerDiedError(
            f"the worker process of task {execution.task_name!r} sent something else than its result; "
            "does the task write to file descriptors that it did not open?"
        ) from error
    except (EOFError, ConnectionError) as error:
        raise _died(execution, worker) from error
    except TaskTimeoutError:
        raise
    except TimeoutError as error:
        raise WorkerDiedError(
            f"the worker process of task {execution.task_name!r} was not ready after {START_SECONDS:g} s; "
            "does importing its module take that long?"
        ) from error
    finally:
        if keep:
            _give_back(worker)
        else:
            worker.kill()
    value, failure = load(reply)
    if failure is not None:
        raise failure
    return value


def _without_process(execution: Execution, inputs: Mapping[str, Any]) -> Any:
    import warnings

    from fletching.execution import run_attempt
    from fletching.frames import caller_level

    message = "this platform cannot stop a running task: its timeout is not kept"
    warnings.warn(message, ExecutionWarning, stacklevel=caller_level())
    return run_attempt(execution, inputs)


def _died(execution: Execution, worker: Worker) -> WorkerDiedError:
    import signal

    try:
        code = worker.process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        code = worker.kill()
    names = {each.value: each.name for each in signal.Signals}
    how = f"was killed by {names.get(-code, f'signal {-code}')}" if code < 0 else f"exited with code {code}"
    return WorkerDiedError(f"the worker process of task {execution.task_name!r} {how} before it gave a result")


def _changed(module: str) -> int:
    try:
        return os.stat(getattr(sys.modules.get(module), "__file__", None) or "").st_mtime_ns
    except OSError:
        return 0


def _take(module: str) -> Worker:
    changed = _changed(module)
    with _lock:
        while _idle:
            worker = _idle.pop()
            if worker.process.poll() is not None:
                worker.close()
            elif worker.seen.setdefault(module, changed) == changed:
                return worker
            else:  # it imported an earlier text of the module and would run that; here it may have been reloaded
                worker.kill()
        if not _registered:
            _registered.append(True)
            atexit.register(_end_all)
            os.register_at_fork(after_in_child=_forget_all)
    worker = Worker()
    worker.seen[module] = changed
    return worker


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it
    _idle.clear()
    for worker in list(_workers):
        worker.forget()


def _give_back(worker: Worker) -> None:
    with _lock:
        if len(_idle) < IDLE_LIMIT:
            _idle.append(worker)
            return
    worker.kill()


_registered: list[bool] = []


def _end_all() -> None:
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.close()
    deadline = time.monotonic() + 2
    for worker in workers:
        try:
            worker.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
