"""AsyncPythonFunctionTask: a coroutine function as a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fletching.context import RECORDER, STATE
from fletching.function_task import PythonFunctionTask

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ["AsyncPythonFunctionTask"]

T = TypeVar("T")


class AsyncPythonFunctionTask(PythonFunctionTask[T]):
    """A task whose function is ``async def``. Calling it gives a coroutine: ``await t(a=1)``.

    Its arguments are bound and carried when it is called, its function runs when it is awaited.
    """

    is_async = True

    def _only_calls(self) -> bool:
        cls = type(self)
        own = AsyncPythonFunctionTask
        return cls.execute is own.execute and cls.async_execute is own.async_execute

    def _leaver(self) -> Callable[[Any], None]:
        return _leave

    async def async_execute(self, /, *args: Any, **kwargs: Any) -> Any:
        """Await the function."""
        return await PythonFunctionTask.execute(self, *args, **kwargs)

    def execute(self, /, **kwargs: Any) -> Any:
        """Run the function to its end for a caller that is not async, on a loop of its own thread."""
        from fletching.run.loop import run_on_loop

        return run_on_loop(self.async_execute(**kwargs))

    def _run(self, inputs: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
        builder = RECORDER.get()
        if builder is not None:
            return builder.call(self, inputs)  # type: ignore[no-any-return]  # a promise: nothing is awaited in a graph
        from fletching.run.local import run_call_async

        # What the coroutine will see is what was given at the call, whatever becomes of it until it is awaited.
        return run_call_async(self, self.compiled.carry_inputs(inputs))


def _leave(token: Any) -> None:
    try:
        STATE.reset(token)
    except ValueError:
        pass  # a coroutine that is thrown away may be closed in another context, where there is nothing to restore
