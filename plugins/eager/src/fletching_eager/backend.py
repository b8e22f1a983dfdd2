"""LocalBackend: runs each execution in a process of this machine, and finds those again that have ended."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, RunCancelledError
from fletching.extend import (
    Attempt,
    Backend,
    Execution,
    PythonInstanceTask,
    executor_named,
    from_literal_map,
    manager,
    to_literal_map,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.extend import Outcome, Running, SerializationSettings

__all__ = ["LocalBackend", "backend_of", "backend_of_container"]

FLYTE, ADDRESS_VARIABLE = "flyte", "FLYTE_PLATFORM_URL"
"""The name of the backend whose containers core runs in, and the variable that says where it is."""


class WholeCall(PythonInstanceTask[None]):
    """A call of anything, whole, as one attempt: with its own retries, cache and all that it calls."""

    def __init__(self, entity: Any) -> None:
        self._entity = entity
        super().__init__(entity.name, None, interface=entity.python_interface)
        self._instantiated_in = entity.instantiated_in

    def execute(self, /, **kwargs: Any) -> Any:
        """Run it to its end."""
        from fletching import Runner

        return Runner().run(self._entity, **kwargs)


class LocalExecution:
    """One execution: a process that runs, or what came of it."""

    def __init__(self, name: str, entity: Any, ended: asyncio.Future[Any]) -> None:
        self.name = name
        self.entity = entity
        self.ended = ended
        self.running: Running | None = None
        self.labels: Mapping[str, str] = {}


class LocalBackend:
    """Runs executions in processes of this machine; each of them ends when this process does, however that happens.

    Args:
        folder: where the outputs of executions that succeeded are kept. Whoever runs the same eager task with the same
            folder later adopts them instead of running them again. None keeps them while this object lives.
        max_parallel: the most processes at the same time; None is one for each CPU.
    """

    name = "local"

    def __init__(self, folder: str | os.PathLike[str] | None = None, max_parallel: int | None = None) -> None:
        if max_parallel is not None and max_parallel < 1:
            raise ConfigError(f"max_parallel must be 1 or more, or None, got {max_parallel!r}")
        self._folder = None if folder is None else os.fspath(folder)
        self._executor = executor_named("process")
        self._most = max_parallel or self._executor.slots
        self._room = asyncio.Semaphore(self._most)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._known: dict[str, LocalExecution] = {}

    async def launch(
        self, entity: Any, inputs: Mapping[str, Any], *, name: str, labels: Mapping[str, str]
    ) -> LocalExecution:
        """Start a process, or adopt the execution that has this name and did not fail."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._move_to(loop)
        known = self._known.get(name)
        if known is not None and not (known.ended.done() and (known.ended.cancelled() or known.ended.exception())):
            return known
        made = self._known[name] = LocalExecution(name, entity, loop.create_future())
        made.labels = dict(labels)
        kept = self._kept(name)
        if kept is not None and os.path.exists(kept):
            made.ended.set_result(_read(entity, kept))
            return made
        await self._room.acquire()
        if made.ended.done():  # it was terminated while it waited
            self._room.release()
            return made
        execution = Execution(WholeCall(entity))
        attempt = Attempt(execution=execution, inputs=inputs, timeout=None, context=copy_context())

        def done(outcome: Outcome) -> None:
            try:
                loop.call_soon_threadsafe(self._landed, made, outcome)
            except RuntimeError:
                made.running = None  # the loop was closed meanwhile: nobody waits

        made.running = self._executor.submit(attempt, done)
        return made

    def _move_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Forget what another loop left running; whoever waited for it is gone."""
        for name, known in list(self._known.items()):
            if not known.ended.done():
                del self._known[name]
                if known.running is not None:
                    known.running.cancel()
        self._loop, self._room = loop, asyncio.Semaphore(self._most)

    def _landed(self, execution: LocalExecution, outcome: Outcome) -> None:
        self._room.release()
        execution.running = None
        if outcome.error is None:
            kept = self._kept(execution.name)
            if kept is not None:
                _write(execution.entity, outcome.value, kept)
        if execution.ended.done():
            return
        if outcome.error is None:
            execution.ended.set_result(outcome.value)
        else:
            execution.ended.set_exception(outcome.error)
            execution.ended.exception()  # whoever launched it may have been stopped before he asked

    async def wait(self, handle: LocalExecution) -> Any:
        """Wait for it, and return its outputs or raise its error."""
        return handle.ended.result() if handle.ended.done() else await asyncio.shield(handle.ended)

    async def terminate(self, handle: LocalExecution, reason: str) -> None:
        """Kill its process and all it started."""
        if not handle.ended.done():
            handle.ended.set_exception(RunCancelledError(f"execution {handle.name!r}: {reason}"))
            handle.ended.exception()
        if handle.running is not None:
            handle.running.cancel()
            while handle.running is not None:  # until the process is gone
                await asyncio.sleep(0.005)

    def _kept(self, name: str) -> str | None:
        return None if self._folder is None else os.path.join(self._folder, f"{name}.pb")


def _read(entity: Any, path: str) -> Any:
    from flyteidl.core.literals_pb2 import LiteralMap

    with open(path, "rb") as file:
        literals = LiteralMap.FromString(file.read())
    interface = entity.python_interface
    return interface.returned(from_literal_map(interface.outputs, literals, kind="output"))


def _write(entity: Any, value: Any, path: str) -> None:
    """Write outputs in one step: whoever finds the file finds all of it."""
    interface = entity.python_interface
    literals = to_literal_map(interface.outputs, interface.named_outputs(value), kind="output")
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(literals.SerializeToString(deterministic=True))
    os.replace(file.name, path)


def backend_of_container() -> Backend | None:
    """Return the backend that started this container, if it can be asked to run more.

    That takes its address in ``FLYTE_PLATFORM_URL`` and the plugin that speaks to it; else calls run in the container.
    """
    if not os.environ.get(ADDRESS_VARIABLE) or FLYTE not in manager().names("backends"):
        return None
    return backend_of(FLYTE, None)


def backend_of(remote: Any, settings: SerializationSettings | None) -> Backend:
    """Return the backend that is meant.

    Raises:
        ConfigError: it is none.
        UnknownPluginError: no installed plugin brings one of that name.
    """
    if isinstance(remote, str):
        remote = manager().load("backends", remote)()
    if settings is not None and hasattr(remote, "with_settings"):
        remote = remote.with_settings(settings)
    if not isinstance(remote, Backend):
        raise ConfigError(
            f"run() takes a backend, or the name of one, got {remote!r}; LocalBackend() runs processes of this machine"
        )
    return remote
