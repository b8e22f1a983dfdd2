"""Session: the calls of one attempt of an eager task, from its first line until nothing of it runs any more."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import fletching
from fletching.extend import Supervisor, current_execution, recording, uninterrupted
from fletching_eager.calls import EagerCall, UnawaitedCallError
from fletching_eager.identity import CHILD_LABEL, Identities
from fletching_eager.tree import NODE, Tree
from fletching_eager.watch import release, watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.extend import Backend
    from fletching_eager.task import EagerAsyncPythonFunctionTask

__all__ = ["SESSION", "Session", "current_session"]

ROOT_VARIABLE = "_F_EE_ROOT"
"""Names the execution of the outermost eager task; a backend sets it for what it runs."""

DECK = "Eager Executions"
"""The title of the report's section."""

OURS = (
    os.path.dirname(os.path.abspath(fletching.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    "<call of ",
)
"""How the file names of code begin that stands between a user's call and us."""

SESSION: ContextVar[Session | None] = ContextVar("fletching_eager_session", default=None)


def current_session() -> Session | None:
    """Return the session of the eager task whose body this is; None elsewhere, also in what it calls."""
    session = SESSION.get()
    return session if session is not None and session.execution is current_execution() else None


class Session:
    """Takes the calls that an eager task's body makes, runs those that are awaited, and leaves none behind."""

    def __init__(self, task: EagerAsyncPythonFunctionTask, backend: Backend | None) -> None:
        self.task = task
        self.supervisor = Supervisor()
        self.execution = current_execution()
        """The attempt."""
        self.failed = False
        """Whether it ended with an error: what was not awaited then is no mistake."""
        self.ended = False
        """Whether the body has ended: what has not begun by then does not."""
        self.unbegun = 0
        """How many calls were made and have not begun."""
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._body = asyncio.current_task()
        self._helpers: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        """Other asyncio tasks of the body that made a call."""
        self.identities = Identities()
        self._tree = Tree() if task.enable_deck else None
        self._recording = recording(self)

    def begin(self) -> None:
        """Take the calls made from now on."""
        limit = self.task.blocking_limit
        self._watch = watch(self._loop, self.task.name, limit)
        self._recording.__enter__()
        self._token = SESSION.set(self)

    async def end(self, error: BaseException | None) -> None:
        """Stop what was started and has not ended, and wait until it has."""
        self.failed, self.ended = error is not None, True
        self._recording.__exit__()
        try:
            SESSION.reset(self._token)
        except ValueError:
            pass  # a coroutine that is thrown away may be closed in another context
        release(self._watch)
        await self.supervisor.close(also=self._helpers)
        if self.unbegun:
            await asyncio.sleep(0)  # asyncio tasks that were made in the last moment end here
        if self.supervisor.ending:
            for task in self._helpers:
                if task.done() and not task.cancelled():
                    task.exception()  # that it could not go on is no news
        if self._tree is not None and self.execution is not None:
            text = self._tree.text()
            self.execution.parameters.decks[DECK] = text
            node = NODE.get()
            if node is not None:
                node.inner = text

    # Calls

    def call(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Return what the caller gets instead of outputs; see `fletching.extend.CallTaker`."""
        for name, value in inputs.items():
            if type(value) is EagerCall:
                raise UnawaitedCallError(
                    f"argument {name!r} of {entity.name!r} is {value!r}; give its value: "
                    f"{entity.short_name}({name}=await ...)"
                )
        if threading.get_ident() != self._thread:
            return self._from_thread(entity, inputs)
        self._watch.count += 1
        task = asyncio.current_task()
        if task is not self._body and task is not None:
            self._helpers.add(task)
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
            frame = frame.f_back
        return EagerCall(self, entity, inputs, frame.f_code, frame.f_lineno)

    def _from_thread(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Call from a thread that the body started: it may wait for the loop, and does unless it can await."""
        if not entity.is_async:
            return asyncio.run_coroutine_threadsafe(self.run(entity, inputs), self._loop).result()

        async def waited() -> Any:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.run(entity, inputs), self._loop))

        return waited()

    async def run(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Run a call and return its outputs."""
        watched, tree = self._watch, self._tree
        watched.count += 1
        if self._backend is not None and entity.node_kind != "step":
            return await self._on_backend(self._backend, entity, inputs)
        try:
            if tree is None or tree.full:
                return await self.supervisor.call(entity, inputs, lambda: self.identities.path(entity, inputs))
            node = tree.begin(entity.short_name)
            token = NODE.set(node)
            try:
                value = await self.supervisor.call(entity, inputs, lambda: self.identities.path(entity, inputs))
            except BaseException as error:
                node.end(error)
                raise
            finally:
                NODE.reset(token)
            node.end(None)
            return value
        finally:
            watched.count += 1

    async def _on_backend(self, backend: Backend, entity: Any, inputs: Mapping[str, Any]) -> Any:
        tag = self.identities.tag(self.task, self.execution)
        name = self.identities.execution_name(tag, self.identities.path(entity, inputs))
        labels = {CHILD_LABEL: tag, "eager-root-exec": os.environ.get(ROOT_VARIABLE) or tag}
        handle = await backend.launch(entity, inputs, name=name, labels=labels)
        node = None if self._tree is None else self._tree.begin(name)
        try:
            value = await backend.wait(handle)
        except BaseException as error:
            if node is not None:
                node.end(error)
            if not isinstance(error, Exception):  # cancelled, or told to end in another way
                await uninterrupted(backend.terminate(handle, f"{self.task.name} was stopped"))
            raise
        if node is not None:
            node.end(None)
        return value
