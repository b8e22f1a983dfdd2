"""FlyteBackend: what eager tasks call runs as executions of a Flyte backend."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from fletching.errors import RunCancelledError
from fletching.extend import current_execution, uninterrupted
from fletching_flyte.config import Config
from fletching_flyte.executing import LaunchOptions
from fletching_flyte.executions import FlyteWorkflowExecution, pauses
from fletching_flyte.problems import ExecutionFailedError, FlyteEntityAlreadyExistsException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.extend import SerializationSettings
    from fletching_flyte.deploying import Copy
    from fletching_flyte.remote import FlyteRemote

__all__ = ["FlyteBackend"]

R = TypeVar("R")

UNWANTED = "it was not wanted any more"

MOST_NAMES = 100
MOST_STOPPED = 1000
"""How many executions are stopped before the next look at which are left."""
LONGEST_HEAD = 58
"""Characters of a name that leave room for a number behind it."""

ROOT_VARIABLE = "_F_EE_ROOT"
"""Tells an eager task that runs on the backend of which execution the outermost one is."""


class FlyteBackend:
    """Runs each call as an execution, registered before if it is of this program; finds those again that exist.

    Args:
        remote: the backend; what the environment and flytectl's file say, if not given.
        settings: where and how entities of this program are registered. In a container they are those that it was
            registered with itself.
        copy: the code that is sent beside the image with entities of this program.
    """

    name = "flyte"

    def __init__(
        self,
        remote: FlyteRemote | None = None,
        settings: SerializationSettings | None = None,
        copy: Copy | None = None,
    ) -> None:
        from fletching_flyte.remote import FlyteRemote

        self._settings = settings or _own_settings()
        self._remote = remote or FlyteRemote(Config.auto(), *_own_place())
        # In a container the code came with whatever started it: what is called is registered by the same settings.
        self._copy: Copy = copy or ("auto" if self._settings is None else "none")
        self._targets: dict[int, tuple[Any, asyncio.Future[Any]]] = {}

    def with_settings(self, settings: SerializationSettings) -> FlyteBackend:
        """Return a backend that registers by other settings."""
        return FlyteBackend(self._remote, settings, self._copy)

    async def launch(
        self, entity: Any, inputs: Mapping[str, Any], *, name: str, labels: Mapping[str, str]
    ) -> FlyteWorkflowExecution:
        """Start an execution, or adopt the one that has this name and did not fail."""
        target = await self._target(entity)
        told = LaunchOptions(labels=labels, envs={ROOT_VARIABLE: labels.get("eager-root-exec", name)})
        launch = Launch()
        starting = asyncio.ensure_future(
            _in_thread(lambda: launch.keep(self._adopted(target, entity, inputs, name, told)))
        )
        try:
            return await asyncio.shield(starting)
        except BaseException:
            # Its request may be under way: whatever comes of it is stopped, also if nobody waits here any more.
            made = launch.forget()
            if made is not None:
                await uninterrupted(self.terminate(made, UNWANTED))
            await uninterrupted(_settled(starting))
            raise

    async def wait(self, handle: FlyteWorkflowExecution) -> Any:
        """Wait for it, and return its outputs as a call of the entity returns them, or raise why there are none."""
        for pause in pauses():
            await _in_thread(handle.look)
            if handle.is_done:
                break
            await asyncio.sleep(pause)
        return await _in_thread(lambda: _outputs(handle))

    async def terminate(self, handle: FlyteWorkflowExecution, reason: str) -> None:
        """Stop it and all that belongs to it; nothing if it has ended."""

        def stop() -> None:
            if not handle.sync().is_done:
                handle.terminate(reason)

        await _in_thread(stop)

    async def terminate_labelled(self, label: str, value: str, reason: str) -> int:
        """Stop every execution that has this label and has not ended, and return how many there were."""
        from fletching_flyte.listing import executions

        remote = self._remote
        which = f"eq(execution_tag.key,{label})+eq(execution_tag.value,{value})"
        filters = f"{which}+value_in(phase,UNDEFINED;QUEUED;RUNNING)"

        def stop() -> int:
            project, domain = remote.place()
            found = list(executions(remote.client, project, domain, limit=MOST_STOPPED, filters=filters))
            for message in found:
                FlyteWorkflowExecution(remote.client, message).terminate(reason)
            return len(found)

        return await _in_thread(stop)

    async def _target(self, entity: Any) -> Any:
        """Return what an execution of an entity is of; each is registered once, however many calls wait for it."""
        known = self._targets.get(id(entity))
        if known is None or not (known[1].done() or known[1].get_loop() is asyncio.get_running_loop()):
            made = asyncio.ensure_future(_in_thread(lambda: self._registered(entity)))
            known = self._targets[id(entity)] = entity, made
            made.add_done_callback(lambda done: self._targets.pop(id(entity), None) if _failed(done) else None)
        return await asyncio.shield(known[1])

    def _registered(self, entity: Any) -> Any:
        from fletching_flyte.deploying import settings_for
        from fletching_flyte.launching import target_of

        remote = self._remote
        settings = settings_for(self._settings, project=remote.default_project, domain=remote.default_domain)
        return target_of(remote.client, entity, settings, copy=self._copy)

    def _adopted(
        self, target: Any, entity: Any, inputs: Mapping[str, Any], name: str, told: LaunchOptions
    ) -> FlyteWorkflowExecution:
        """Start an execution of the name; where that is taken by one that failed, or of another version, of the next.

        A backend never gives a name away twice.
        """
        from fletching_flyte.launching import begin

        tried = name
        for attempt in range(1, MOST_NAMES):
            try:
                made = begin(self._remote.client, target, entity, inputs, name=tried, told=told, same_inputs=False)
                if not made.is_done or made.is_successful:
                    return made
            except FlyteEntityAlreadyExistsException:
                pass
            tried = f"{name[:LONGEST_HEAD].rstrip('-')}-r{attempt}"
        raise FlyteEntityAlreadyExistsException(
            f"{MOST_NAMES} executions called {name!r} failed; give up, or rename it"
        )


class Launch:
    """One launch on a thread, and whether anybody still wants what comes of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = True
        self._made: FlyteWorkflowExecution | None = None

    def keep(self, made: FlyteWorkflowExecution) -> FlyteWorkflowExecution:
        """Note what came of it, and stop that if nobody wants it; on the thread."""
        with self._lock:
            self._made, wanted = made, self._wanted
        if not wanted:
            made.terminate(UNWANTED)
        return made

    def forget(self) -> FlyteWorkflowExecution | None:
        """Want it no more; return what came of it already, which is the caller's to stop."""
        with self._lock:
            self._wanted = False
            return self._made


async def _settled(work: asyncio.Future[Any]) -> None:
    """Wait until some work has ended, whatever came of it."""
    await asyncio.wait([work])
    if not work.cancelled():
        work.exception()  # whoever would have heard of it is gone


def _failed(done: asyncio.Future[Any]) -> bool:
    return done.cancelled() or done.exception() is not None


def _outputs(execution: FlyteWorkflowExecution) -> Any:
    try:
        return execution.returned()
    except ExecutionFailedError as error:
        if error.phase == "ABORTED":
            raise RunCancelledError(str(error)) from error
        raise


async def _in_thread(work: Callable[[], R]) -> R:
    """Do what waits for the network on a thread; a caller that is cancelled leaves it to its end."""
    return await asyncio.to_thread(work)


def _own_settings() -> SerializationSettings | None:
    """Return the settings that this container was registered with, or None if this is none."""
    from fletching.extend import SerializationSettings

    text = os.environ.get("_F_SS_C")
    return SerializationSettings.from_transport(text) if text and current_execution() is not None else None


def _own_place() -> tuple[str | None, str | None]:
    """Return project and domain of the execution that this is part of."""
    return (
        os.environ.get("FLYTE_INTERNAL_EXECUTION_PROJECT") or os.environ.get("_F_PRJ"),
        os.environ.get("FLYTE_INTERNAL_EXECUTION_DOMAIN") or os.environ.get("_F_DM"),
    )
