"""Environment: options of `task` that several tasks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from fletching.decorator import TaskOptions, dynamic, task
from fletching.errors import ConfigError, UnknownOptionError, close_match

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar, Unpack

    import fletching.decorator

    P = ParamSpec("P")
    R = TypeVar("R")

__all__ = ["Environment"]


class Environment:
    """Options of `task` and `dynamic` for several tasks: ``gpu = Environment(accelerator=T4)``, then ``@gpu.task``.

    What a single task says wins, and dicts such as ``environment`` are merged, key by key.
    """

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        self._options = _checked(options)

    @property
    def options(self) -> dict[str, Any]:
        """The options, by keyword; a copy."""
        return _merged(self._options, {})

    def extend(self, **options: Unpack[TaskOptions]) -> Environment:
        """Return an environment with more options; this one stays as it is."""
        made = Environment()
        made._options = _merged(self._options, _checked(options))
        return made

    def update(self, **options: Unpack[TaskOptions]) -> None:
        """Give more options to the tasks that are made from now on."""
        self._options = _merged(self._options, _checked(options))

    def show(self) -> None:
        """Print the options."""
        print(self._options)  # noqa: T201 - what it is for

    @overload
    def task(
        self, _task_function: Callable[P, R], /, **options: Unpack[TaskOptions]
    ) -> fletching.decorator.FunctionTask[P, R]: ...

    @overload
    def task(
        self, _task_function: None = None, /, **options: Unpack[TaskOptions]
    ) -> Callable[[Callable[P, R]], fletching.decorator.FunctionTask[P, R]]: ...

    def task(self, _task_function: Any = None, /, **options: Any) -> Any:
        """Make a task, as `task` does, with these options."""
        return task(_task_function, **_merged(self._options, options))

    __call__ = task

    @overload
    def dynamic(
        self, _task_function: Callable[P, R], /, **options: Unpack[TaskOptions]
    ) -> fletching.decorator.FunctionTask[P, R]: ...

    @overload
    def dynamic(
        self, _task_function: None = None, /, **options: Unpack[TaskOptions]
    ) -> Callable[[Callable[P, R]], fletching.decorator.FunctionTask[P, R]]: ...

    def dynamic(self, _task_function: Any = None, /, **options: Any) -> Any:
        """Make a dynamic task, as `dynamic` does, with these options."""
        return dynamic(_task_function, **_merged(self._options, options))

    def __repr__(self) -> str:
        return f"Environment({', '.join(self._options)})"


def _checked(options: Any) -> dict[str, Any]:
    known = TaskOptions.__annotations__
    for option in options:
        if option == "_task_function":
            raise ConfigError("an Environment is for several functions; it takes none itself")
        if option not in known:
            raise UnknownOptionError(f"Environment: unknown option {option!r}{close_match(option, known)}")
    return dict(options)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return options with others on top; dicts are merged, and none of them is one that was given."""
    made = {name: dict(value) if isinstance(value, dict) else value for name, value in one.items()}
    for name, value in other.items():
        before = made.get(name)
        made[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return made
