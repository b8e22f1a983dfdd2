"""``@eager``: a typed coroutine function becomes a task that awaits other tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from fletching.errors import ConfigError, UnknownOptionError, close_match
from fletching_eager.config import EagerConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Unpack

    from fletching.extend import TaskOptions
    from fletching_eager.task import EagerAsyncPythonFunctionTask

__all__ = ["eager"]

P = ParamSpec("P")
R = TypeVar("R")

OF_FLYTEKIT = ("client_secret_env_var", "client_secret_group", "client_secret_key", "local_entrypoint", "remote")
"""Keywords that flytekit took once; there they have no effect."""

if TYPE_CHECKING:

    class EagerTask(EagerAsyncPythonFunctionTask, Generic[P, R]):
        """What type checkers see: a task that is called as its function is."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]: ...


@overload
def eager(
    _fn: Callable[P, Coroutine[Any, Any, R]], /, *args: Any, **options: Unpack[TaskOptions]
) -> EagerTask[P, R]: ...


@overload
def eager(
    _fn: None = None, /, *args: Any, **options: Unpack[TaskOptions]
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], EagerTask[P, R]]: ...


def eager(_fn: Callable[..., Any] | None = None, /, *args: Any, **options: Any) -> Any:
    """Make a task of a typed coroutine function that awaits what it calls: ``@eager`` or ``@eager(retries=2)``.

    Takes the options of `fletching.task`, and means by them the same; a report is made unless ``enable_deck=False``
    says otherwise. One decorator object may be used for several functions.

    Raises:
        ConfigError: the function is not ``async``, or an option's value is wrong.
        UnknownOptionError: an option nobody knows.
        InterfaceError: the signature cannot be an interface.
    """
    from fletching.extend import ExecutionBehavior, TaskOptions

    if args:
        raise ConfigError(f"eager takes one function and options by name, got {args[0]!r} as well")
    known = TaskOptions.__annotations__
    for option in options:
        if option in OF_FLYTEKIT:
            raise UnknownOptionError(
                f"eager: option {option!r} has no meaning; the backend is given to run(remote, ss, ...) of the task"
            )
        if option not in known:
            raise UnknownOptionError(f"eager: unknown option {option!r}{close_match(option, known)}")
    config = options.pop("task_config", None)
    if config is not None and not isinstance(config, EagerConfig):
        raise ConfigError(
            f"eager: task_config must be an EagerConfig, got {config!r}; what it calls may be tasks of any type"
        )
    mode = options.pop("execution_mode", ExecutionBehavior.EAGER)
    if mode is not ExecutionBehavior.EAGER:
        raise ConfigError(f"eager: execution_mode is EAGER, got {mode!r}; use @task or @dynamic")

    def make(function: Callable[..., Any]) -> Any:
        from fletching import task
        from fletching_eager.task import check_function

        check_function(function)
        return task(function, task_config=config or EagerConfig(), execution_mode=mode, **options)

    return make if _fn is None else make(_fn)
