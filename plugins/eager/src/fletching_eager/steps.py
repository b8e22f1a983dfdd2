"""Steps: parts of an eager task that are no tasks, recorded when they end and not run again when a run goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fletching import Pickled
from fletching.errors import ConfigError
from fletching.extend import AsyncPythonFunctionTask, Interface, PythonTask, recording, type_name
from fletching_eager.session import SESSION, current_session

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Self

    from fletching_eager.session import Session

__all__ = ["checkpoint", "traced"]

P = ParamSpec("P")
R = TypeVar("R")


class TracedFunction(AsyncPythonFunctionTask[None]):
    """A coroutine function whose calls in an eager task are recorded; it always runs where the eager task does."""

    orchestrates = True
    node_kind = "step"

    async def async_execute(self, /, *args: Any, **kwargs: Any) -> Any:
        session = SESSION.get()
        if session is None:
            return await super().async_execute(*args, **kwargs)
        with recording(session):  # what it calls is the eager task's to run
            return await super().async_execute(*args, **kwargs)


def traced(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Have calls of a typed coroutine function recorded in an eager task, without making it a task.

    A run that goes on from an earlier one takes what the function gave there, if its inputs and its code are the same.
    Outside of an eager task it is called as before.
    """
    from fletching_eager.task import check_function

    check_function(function, "@traced")
    made: Any = TracedFunction(task_config=None, task_function=function)
    return made  # type: ignore[no-any-return]


class CheckpointStep(PythonTask[None]):
    """One checkpoint, as the scheduler and the recorder know it: a call that waits for what is inside the block."""

    is_async = True
    orchestrates = True
    node_kind = "step"

    def __init__(self, within: Any, name: str, of: Any) -> None:
        super().__init__("python-task", f"{within.name}.{name}", interface=Interface({}, {"o0": of}))
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.given: asyncio.Future[Any] = loop.create_future()
        self.code_digest = f"checkpoint of {type_name(of)}"
        """What has to be the same for its value to be taken from an earlier run; its code is not looked at."""

    async def async_execute(self, /, **kwargs: Any) -> Any:
        """Wait for the value."""
        self.begun.set_result(None)
        return await self.given


class checkpoint:  # noqa: N801 - used like a function
    """A part of an eager task's body that is recorded with its value, and skipped by a run that goes on from there.

    When its block has been left it is on disk, and so is everything that ended before.

    ```python
    async with checkpoint("download") as step:
        if not step.done:
            step.value = await download(url)
    rows = step.value
    ```

    Args:
        name: what it is called in the run; with an ordinal where it comes again.
        of: the type of its value. Without one the value is pickled.

    Raises:
        ConfigError: it is not in the body of an eager task.
    """

    def __init__(self, name: str, of: Any = Pickled) -> None:
        if not isinstance(name, str) or not name or not name.replace("-", "_").isidentifier():
            raise ConfigError(f"checkpoint: the name must be of letters, digits, '_' and '-', got {name!r}")
        self.name = name
        self.done = False
        """Whether an earlier run recorded it; then `value` is what it gave."""
        self.value: Any = None
        """What is recorded at the end of the block."""
        self._of = of
        self._session: Session
        self._step: CheckpointStep
        self._call: asyncio.Task[Any]

    async def __aenter__(self) -> Self:
        session = current_session()
        if session is None:
            raise ConfigError(f"checkpoint({self.name!r}) is for the body of an eager task; none is running here")
        self._session = session
        self._step = CheckpointStep(session.task, self.name, self._of)
        self._call = asyncio.create_task(session.run(self._step, {}))
        await asyncio.wait([self._call, self._step.begun], return_when=asyncio.FIRST_COMPLETED)
        if self._call.done():
            self.value = self._call.result()
            self.done = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.done:
            return
        if error is None:
            self._step.given.set_result(self.value)
            self.value = await self._call
            self._session.supervisor.flush()
        elif isinstance(error, Exception):
            self._step.given.set_exception(error)
            await asyncio.wait([self._call])
            self._call.exception()  # the same one, and it is raised already
        else:
            self._call.cancel()
            await asyncio.wait([self._call])
