"""Attempts in processes that can be killed: one attempt at a time in each, and the next one in the same, warm.

A worker's whole process group, and all it started, is killed when its attempt has to stop. One that finished waits
for the next attempt of the same caller; the operating system ends it when the caller is gone, however that happened.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from fletching.errors import RunError, TaskTimeoutError, WorkerDiedError
from fletching.run.channel import ForeignFrameError
from fletching.run.guardian import Guardian
from fletching.run.killable import START_SECONDS, Worker, living
from fletching.run.shipping import changed_at, forked, importing, load, setting_for, ship, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.context import Execution

__all__ = ["AttemptStoppedError", "Stoppable", "run_in_worker", "warm"]

IDLE_LIMIT = max(16, os.cpu_count() or 1)
"""How many workers wait for the next attempt: a burst of callers must not leave a process behind for each of them."""

LAST_SECONDS = 1.0
"""How long a worker that closed its connection may take to end by itself."""

_idle: list[Worker] = []
_lock = threading.Lock()
_guardians: list[Guardian] = []
_registered: list[bool] = []


class AttemptStoppedError(Exception):
    """Somebody stopped the attempt; what that means is his to say."""


class Stoppable(Protocol):
    """An attempt that may be running."""

    def stop(self) -> None:
        """Kill its process and all it started, at once; nothing if it has ended. Any thread may ask, at any moment."""
        ...


class _Run:
    """One attempt, for those who may want to stop it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._worker: Worker | None = None
        self.stopped = False
        self._over = False

    def stop(self) -> None:
        with self._lock:
            if not self._over:
                self.stopped = True
                if self._worker is not None:
                    self._worker.stop()

    def begin(self, worker: Worker) -> None:
        """Say which worker it is that has to be killed."""
        with self._lock:
            self._worker = worker
            if self.stopped:
                worker.stop()

    def end(self) -> bool:
        """Take note that the worker is free again; tell whether the attempt was stopped before."""
        with self._lock:
            self._worker, self._over = None, True
            return self.stopped


def run_in_worker(
    execution: Execution,
    inputs: Mapping[str, Any],
    seconds: float | None = None,
    *,
    running: Callable[[Stoppable], None] | None = None,
) -> Any:
    """Run one attempt in a worker process and return its outputs; any thread may call it and waits here.

    Args:
        execution: which task, which attempt; the printed lines go to the file ``execution.log``, too, if it has one.
        inputs: the arguments as the caller gave them.
        seconds: after how long the attempt is stopped for good; None is never.
        running: gets what stops the attempt, before anything else happens.

    Raises:
        TaskTimeoutError: it was stopped at its deadline.
        AttemptStoppedError: it was stopped by what ``running`` got.
        WorkerDiedError: the process ended without a result.
        SerializationError: the task, an argument or the result cannot travel.
        RunError: it would start itself again and again.
    """
    if sys.platform == "win32":
        from fletching.run.deadline import without_process

        return without_process(execution, inputs, seconds)
    module = execution.task.instantiated_in
    if module in importing:  # each worker would start another one, without end
        raise RunError(
            f"module {module!r} calls task {execution.task_name!r} while it is imported, also by the process "
            "that is to run it; put the call below if __name__ == '__main__':"
        )
    run = _Run()
    if running is not None:
        running(run)
    job, by_value = ship(execution, inputs, deadline=seconds is not None)
    reply = None
    if not run.stopped:
        worker = _take(module)
        try:
            run.begin(worker)
            now = surroundings()
            setting = setting_for(execution, worker.told, now, by_value=by_value, tell=seconds is not None)
            worker.told = now
            reply = worker.run(setting, job, seconds)
            if reply is None:
                from fletching.run.deadline import timed_out

                raise timed_out(execution, seconds or 0)
        except TaskTimeoutError:
            raise
        except (EOFError, ConnectionError, TimeoutError) as error:
            if not run.stopped:
                raise _died(execution, worker, error) from error
        finally:
            if run.end() or reply is None:
                worker.kill()
            else:
                _give_back(worker)
    if reply is None or run.stopped:
        raise AttemptStoppedError(f"the attempt of task {execution.task_name!r} was stopped")
    value, failure = load(reply)
    if failure is not None:
        raise failure
    return value


def _died(execution: Execution, worker: Worker, error: BaseException) -> WorkerDiedError:
    """Say what is known of a worker that gave no result, and end it if it did not end by itself."""
    import signal

    who = f"the worker process of task {execution.task_name!r}"
    if isinstance(error, ForeignFrameError):
        return WorkerDiedError(
            f"{who} sent something else than its result; does the task write to file descriptors that it did not open?"
        )
    if isinstance(error, TimeoutError):
        return WorkerDiedError(
            f"{who} was not ready after {START_SECONDS:g} s; does importing its module take that long?"
        )
    by_itself = worker.ended_within(LAST_SECONDS)
    code = worker.kill()
    if not by_itself:
        return WorkerDiedError(
            f"{who} closed its connection before it gave a result; "
            "does the task close file descriptors that it did not open?"
        )
    if code >= 0:
        return WorkerDiedError(f"{who} exited with code {code} before it gave a result", exit_code=code)
    names = {each.value: each.name for each in signal.Signals}
    name = names.get(-code, f"signal {-code}")
    return WorkerDiedError(f"{who} was killed by {name} before it gave a result", signal=name)


def warm(count: int) -> None:
    """Have so many workers start now and wait for attempts, at most as many as are kept."""
    if sys.platform == "win32":
        return
    while True:
        with _lock:
            if len(_idle) >= min(count, IDLE_LIMIT):
                return
        _give_back(_start())


def _take(module: str) -> Worker:
    changed = changed_at(module)
    while worker := _idle_worker():
        if worker.ended_within(0):
            worker.kill()
        elif worker.seen.setdefault(module, changed) == changed:
            return worker
        else:  # it imported an earlier text of the module and would run that; here it may have been reloaded
            worker.kill()
    worker = _start()
    worker.seen[module] = changed
    return worker


def _idle_worker() -> Worker | None:
    with _lock:
        return _idle.pop() if _idle else None


def _give_back(worker: Worker) -> None:
    with _lock:
        if len(_idle) < IDLE_LIMIT:
            _idle.append(worker)
            return
    worker.kill()


def _start() -> Worker:
    with _lock:
        if not _registered:
            _registered.append(True)
            atexit.register(_end_all)
            os.register_at_fork(after_in_child=_forget_all)
        if not _guardians and sys.platform == "linux":
            with suppress(OSError):  # then the kernel alone ends the workers, and what left their groups goes on
                _guardians.append(Guardian())
    return Worker(_guardians[0] if _guardians else None)


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it
    forked()
    _idle.clear()
    for worker in list(living):
        worker.forget()
    while _guardians:
        _guardians.pop().close()


def _end_all() -> None:
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.dismiss()
    deadline = time.monotonic() + 2
    for worker in workers:
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        worker.kill()
    while _guardians:
        _guardians.pop().close()
