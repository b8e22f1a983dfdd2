"""``@task`` and ``@dynamic``: a typed function becomes a task."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypedDict, TypeVar, overload

from fletching.errors import ConfigError, UnknownOptionError, close_match
from fletching.function_task import ExecutionBehavior, PythonFunctionTask
from fletching.made import note

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Coroutine, Iterable, Mapping
    from typing import Unpack

    from fletching.accelerators import BaseAccelerator
    from fletching.cache import Cache
    from fletching.deck import DeckField
    from fletching.documentation import Documentation
    from fletching.metadata import TaskMetadata
    from fletching.pods import PodTemplate
    from fletching.resolver import TaskResolverMixin
    from fletching.resources import Resources
    from fletching.security import Secret

__all__ = ["TaskOptions", "dynamic", "task"]

P = ParamSpec("P")
R = TypeVar("R", covariant=True)
T = TypeVar("T")


class TaskOptions(TypedDict, total=False):
    """Every option of `task`, typed once."""

    task_config: Any
    """Selects the task type by its class; None is a plain function task."""
    cache: bool | Cache
    """Reuse outputs; ``True`` versions them by the function's code."""
    retries: int
    """How many more attempts a failed one gets."""
    interruptible: bool | None
    """May run where it can be pre-empted; None leaves that to the platform."""
    deprecated: str
    """A message; calling the task warns with it."""
    timeout: datetime.timedelta | int
    """How long an attempt may take, in seconds if an int; then it is stopped. 0 means no limit."""
    container_image: Any
    """An image name, a template of one, or an ImageSpec."""
    environment: Mapping[str, str] | None
    """Environment variables set while it runs."""
    requests: Resources | None
    """What it needs at least; excludes ``resources``."""
    limits: Resources | None
    """What it may use at most; excludes ``resources``."""
    resources: Resources | None
    """Both at once; a pair is (request, limit)."""
    secret_requests: Iterable[Secret] | None
    """The secrets it reads."""
    execution_mode: ExecutionBehavior
    """What its function stands for."""
    node_dependency_hints: Iterable[Any] | None
    """What a dynamic task will call."""
    task_resolver: TaskResolverMixin | None
    """How it is found again in another process."""
    docs: Documentation | None
    """Its documentation; a docstring fills what is empty."""
    disable_deck: bool | None
    """The older spelling of ``enable_deck``, reversed."""
    enable_deck: bool | None
    """Make a report of its runs."""
    deck_fields: tuple[DeckField, ...]
    """What the report shows."""
    pod_template: PodTemplate | None
    """The pod it wants to run in."""
    pod_template_name: str | None
    """The name of such a template that exists in the cluster."""
    accelerator: BaseAccelerator[Any] | None
    """The device it needs."""
    pickle_untyped: bool
    """Let parameters and results without annotation travel as pickles."""
    shared_memory: bool | str | None
    """Size of ``/dev/shm``; True for the platform's default."""
    labels: Mapping[str, str] | None
    """Kubernetes labels of what runs it."""
    annotations: Mapping[str, str] | None
    """Kubernetes annotations of what runs it."""
    cache_version: str
    """The older spelling of ``cache=Cache(version=...)``."""
    cache_serialize: bool
    """The older spelling of ``cache=Cache(serialize=...)``."""
    cache_ignore_input_vars: tuple[str, ...]
    """The older spelling of ``cache=Cache(ignored_inputs=...)``."""


if TYPE_CHECKING:

    class FunctionTask(PythonFunctionTask[Any], Generic[P, R]):
        """What type checkers see: a task that is called as its function is."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

        @overload
        def aio(
            self: FunctionTask[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
        ) -> Coroutine[Any, Any, T]: ...

        @overload
        def aio(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]: ...

        def aio(self, *args: Any, **kwargs: Any) -> Any: ...


METADATA = ("interruptible", "deprecated", "retries", "timeout", "labels", "annotations")
COROUTINE = 0x80
"""``inspect.CO_COROUTINE``; inspect itself is a quarter of what a first call would load."""
OLD_CACHE = {"cache_version": "", "cache_serialize": False, "cache_ignore_input_vars": ()}


@overload
def task(_task_function: Callable[P, R], **options: Unpack[TaskOptions]) -> FunctionTask[P, R]: ...


@overload
def task(
    _task_function: None = None, **options: Unpack[TaskOptions]
) -> Callable[[Callable[P, R]], FunctionTask[P, R]]: ...


def task(_task_function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Make a task of a typed function: ``@task``, ``@task(retries=3)`` or ``task(function, retries=3)``.

    The result is called as the function is, and runs at once. The options are those of `TaskOptions`; one
    decorator object may be used for several functions.

    Raises:
        UnknownOptionError: an option nobody knows.
        InterfaceError: the signature cannot be an interface.
        ConfigError: an option's value is wrong.
        UnknownTaskTypeError: no installed plugin brings the task type of ``task_config``.
    """
    known = TaskOptions.__annotations__
    for option in options:
        if option not in known:
            raise UnknownOptionError(f"task: unknown option {option!r}{close_match(option, known)}")

    def make(function: Callable[..., Any]) -> PythonFunctionTask[Any]:
        return _make_task(function, options)

    return make if _task_function is None else make(_task_function)


@overload
def dynamic(_task_function: Callable[P, R], **options: Unpack[TaskOptions]) -> FunctionTask[P, R]: ...


@overload
def dynamic(
    _task_function: None = None, **options: Unpack[TaskOptions]
) -> Callable[[Callable[P, R]], FunctionTask[P, R]]: ...


def dynamic(_task_function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Make a task whose function builds a graph while it runs: its inputs are values, the calls in it become nodes.

    Takes the options of `task`; ``node_dependency_hints`` names what it may call, for registration.

    Raises:
        ConfigError: the function is async, or as for `task`.
    """
    given = options.pop("execution_mode", ExecutionBehavior.DYNAMIC)
    if given is not ExecutionBehavior.DYNAMIC:
        raise ConfigError(f"dynamic: execution_mode is DYNAMIC, got {given!r}; use @task")
    return task(_task_function, execution_mode=ExecutionBehavior.DYNAMIC, **options)


def _make_task(function: Callable[..., Any], options: Mapping[str, Any]) -> PythonFunctionTask[Any]:
    if not callable(function):
        raise ConfigError(f"@task goes in front of a function, got {function!r}")
    config = options.get("task_config")
    given = {
        name: value
        for name, value in options.items()
        if name not in METADATA and name not in OLD_CACHE and name not in ("task_config", "cache")
    }
    cls = task_class(config, function)
    if cls.is_async and options.get("execution_mode") is ExecutionBehavior.DYNAMIC:
        raise ConfigError(
            f"task {function.__name__!r}: a dynamic task's function builds a graph and awaits nothing; make it a plain "
            "function, or an @eager one, which awaits what it calls"
        )
    made = cls(task_config=config, task_function=function, metadata=_metadata(function, options), **given)
    note(made, task, (function,), options)  # as the user said it, not as the class was told
    return made


def task_class(config: Any, function: Callable[..., Any]) -> type[PythonFunctionTask[Any]]:
    """Return the class that makes a task of ``function`` with ``config``.

    Raises:
        UnknownTaskTypeError: no installed plugin brings the config's task type.
        PluginContractError: what the plugin brings cannot make a task of this function.
    """
    is_async = _is_async(function)
    cls: Any = PythonFunctionTask
    if config is not None:
        from fletching.errors import PluginContractError
        from fletching.plugins import manager

        cls = manager().task_class_for(config)
        if not (isinstance(cls, type) and issubclass(cls, PythonFunctionTask)):
            kind = type(config).__name__
            raise PluginContractError(
                f"the task type of {kind} is {cls!r}, which takes no function; "
                "create it directly instead of through @task"
            )
    if is_async and not getattr(cls, "is_async", False):
        from fletching.async_task import AsyncPythonFunctionTask
        from fletching.errors import PluginContractError

        if cls is not PythonFunctionTask:
            raise PluginContractError(
                f"{cls.__name__} is not compatible with async functions; make {function.__name__!r} a plain function"
            )
        cls = AsyncPythonFunctionTask
    made: type[PythonFunctionTask[Any]] = cls
    return made


def _is_async(function: Callable[..., Any]) -> bool:
    if type(function) is FunctionType and not hasattr(function, "_is_coroutine_mark"):
        return bool(function.__code__.co_flags & COROUTINE)
    import inspect

    return inspect.iscoroutinefunction(function)


def _metadata(function: Callable[..., Any], options: Mapping[str, Any]) -> TaskMetadata | None:
    """Return what the options ask for, or None if that is nothing."""
    fields: dict[str, Any] = {name: options[name] for name in METADATA if name in options}
    if "cache" in options or any(name in options for name in OLD_CACHE):
        fields |= _cache_fields(function, options)
    if not fields:
        return None
    from fletching.metadata import TaskMetadata

    return TaskMetadata(**fields)


def _cache_fields(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata fields of ``cache``; computed for each function anew, so that a decorator may be reused."""
    cache = options.get("cache", False)
    old = {name: options[name] for name in OLD_CACHE if name in options}
    if cache is False or (cache is True and "cache_version" in old):
        return {"cache": cache, **old}
    from fletching.cache import Cache, VersionParameters

    if isinstance(cache, Cache):
        if old:
            raise ConfigError(f"task: {', '.join(old)} and cache=Cache(...) say the same thing; keep Cache(...)")
    elif cache is True:
        ignored = old.get("cache_ignore_input_vars", ())
        cache = Cache(serialize=old.get("cache_serialize", False), ignored_inputs=ignored)
    else:
        raise ConfigError(f"task: cache must be True, False or a Cache, got {cache!r}")
    parameters = VersionParameters(
        func=function,
        container_image=options.get("container_image"),
        pod_template=options.get("pod_template"),
        pod_template_name=options.get("pod_template_name"),
    )
    return {
        "cache": True,
        "cache_version": cache.get_version(parameters),
        "cache_serialize": cache.serialize,
        "cache_ignore_input_vars": cache.get_ignored_inputs(),
    }
