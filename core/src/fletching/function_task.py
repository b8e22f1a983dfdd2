"""PythonFunctionTask: a Python function with a typed interface."""

from __future__ import annotations

import sys
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from fletching.auto_container import PythonAutoContainerTask
from fletching.context import STATE, Execution
from fletching.errors import ConfigError, ResolverError
from fletching.execution import note_attempt
from fletching.gate import GATE, open_gate_if_unused
from fletching.interface import Interface
from fletching.located import module_name, wire_module
from fletching.python_task import PythonTask
from fletching.resolver import TaskResolverMixin, default_task_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.flyte_context import FlyteContext
    from fletching.graph.graph import Graph
    from fletching.types.compiled import CompiledCall

__all__ = ["ExecutionBehavior", "PythonFunctionTask", "function_name", "reduce_located"]

T = TypeVar("T")


STEPS = frozenset({"async_execute", "execute", "post_execute", "pre_execute"})
"""The methods of an attempt. A test may put something in the place of one of them, on one task."""


class ExecutionBehavior(Enum):
    """What the function of a task stands for."""

    DEFAULT = 1
    """It does the work."""
    DYNAMIC = 2
    """It builds a graph that does the work."""
    EAGER = 3
    """It calls other tasks while it runs."""


class PythonFunctionTask(PythonAutoContainerTask[T]):
    """A task whose work is a Python function; what `@task` makes.

    Its interface is the function's signature. A plugin's task type subclasses it and is found by the
    ``task_type`` of the config given to ``@task(task_config=...)``.
    """

    def __init__(
        self,
        task_config: T | None,
        task_function: Callable[..., Any],
        task_type: str = "python-task",
        ignore_input_vars: list[str] | None = None,
        execution_mode: ExecutionBehavior = ExecutionBehavior.DEFAULT,
        task_resolver: TaskResolverMixin | None = None,
        node_dependency_hints: Iterable[Any] | None = None,
        pickle_untyped: bool = False,
        **kwargs: Any,
    ) -> None:
        if not callable(task_function):
            raise ConfigError(f"a task needs a function, got {task_function!r}")
        self._task_function = task_function
        self._execution_mode = _checked_mode(task_function, execution_mode, self._runs_modes())
        self._node_dependency_hints = _checked_hints(task_function, execution_mode, node_dependency_hints)
        # An object that can be called, such as a partial, tells where its class is, which is elsewhere.
        self._locate(module_name(task_function) if hasattr(task_function, "__name__") else None)
        name = f"{wire_module(self._instantiated_in)}.{function_name(task_function)}"
        interface = Interface.from_function(
            task_function, pickle_untyped=pickle_untyped, check_return=self._checks_return
        )
        self._ignores_inputs = bool(ignore_input_vars)
        if task_resolver is None:
            _refuse_nested(task_function, name)
        super().__init__(
            name=kwargs.pop("name", name),
            task_config=task_config,
            task_type=task_type,
            task_resolver=task_resolver,
            interface=interface.remove_inputs(ignore_input_vars),
            **kwargs,
        )
        import functools

        functools.update_wrapper(self, task_function)
        self._direct = self._first_call

    _direct: Callable[..., Any]

    _checks_return = True
    """Whether a function that declares an output has to return one; not in a task type that never calls it."""

    def _runs_modes(self) -> tuple[ExecutionBehavior, ...]:
        """Which modes this class runs."""
        return ExecutionBehavior.DEFAULT, ExecutionBehavior.DYNAMIC

    @property
    def task_function(self) -> Callable[..., Any]:
        """The user's function."""
        return self._task_function

    @property
    def execution_mode(self) -> ExecutionBehavior:
        """What the function stands for."""
        return self._execution_mode

    @property
    def node_dependency_hints(self) -> Iterable[Any] | None:
        """What a dynamic task will call, for registration."""
        return self._node_dependency_hints

    @property
    def node_kind(self) -> str:  # type: ignore[override]  # what its function stands for decides
        """One word for what a node of it is, as progress and pictures show it."""
        return "dynamic" if self._execution_mode is ExecutionBehavior.DYNAMIC else "task"

    @cached_property
    def direct(self) -> Callable[..., Any] | None:
        call = None if self.is_async else self.compiled.call
        return None if call is None or "positional_only" in self._python_interface.kinds.values() else call

    def execute(self, /, **kwargs: Any) -> Any:
        """Call the function; that of a dynamic task builds the graph whose calls are its work."""
        if self._execution_mode is ExecutionBehavior.DYNAMIC:
            from fletching.graph.walk import GraphExpansion

            return GraphExpansion(self._build(self._task_function, kwargs), {})
        return self._call_function(self._task_function, kwargs)

    def compile_into_workflow(
        self, ctx: FlyteContext | None, task_function: Callable[..., Any], **kwargs: Any
    ) -> Graph | DynamicJobSpec | LiteralMap:
        """Return the graph that a dynamic task's function builds of native inputs; see also `dispatch_execute`."""
        graph = self._build(task_function, kwargs)
        if ctx is None or not ctx.writes_jobs:
            return graph
        from fletching.graph.walk import GraphExpansion

        return ctx.job_of(GraphExpansion(graph, {}))

    def _build(self, task_function: Callable[..., Any], kwargs: dict[str, Any]) -> Graph:
        from fletching.graph.builder import GraphBuilder
        from fletching.graph.outputs import bind_outputs

        builder = GraphBuilder(self.name, {}, prefix="d")
        with builder.recording():
            result = self._call_function(task_function, kwargs)
        outputs = bind_outputs(builder, self._python_interface, result, what=f"dynamic {self.name!r}", plain_too=True)
        return builder.finish(self._python_interface, outputs)

    def dynamic_execute(self, task_function: Callable[..., Any], **kwargs: Any) -> Any:
        """Build the graph of a dynamic task from native inputs, run it, and return its native outputs."""
        from fletching.graph.walk import GraphExpansion
        from fletching.run.call import new_call
        from fletching.run.local import run_expansion

        graph = self._build(task_function, kwargs)
        outcome = run_expansion(new_call(self, kwargs), GraphExpansion(graph, {}))
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _call_function(self, function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        kinds = self._python_interface.kinds
        before = [value for name, value in kwargs.items() if kinds.get(name) == "positional_only"]
        if before:
            kwargs = {name: value for name, value in kwargs.items() if kinds.get(name) != "positional_only"}
        return function(*before, **kwargs)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run the task at once with native values and return its native outputs.

        Raises:
            CallError: the arguments do not bind to the inputs.
            ConversionError: a value does not fit its type.
        """
        try:
            return self._direct(*args, **kwargs)
        except TypeError as error:
            trace = error.__traceback__
            # Only binding fails without entering a frame below this one; all else is not ours to reword.
            if trace is None or trace.tb_next is not None:
                raise
            raise self._call_error(error, kwargs) from None

    def _first_call(self, /, *args: Any, **kwargs: Any) -> Any:
        # The generated function replaces this one, so that a task never called costs no generation.
        call = self.compiled.call
        self._direct = super().__call__ if call is None else call
        if call is not None and GATE.slow:
            open_gate_if_unused()
        return self(*args, **kwargs)

    def _compile(self) -> CompiledCall:
        from fletching.types.compiled import compile_call

        return compile_call(
            self._python_interface,
            self.short_name,
            function=self._task_function if self._is_plain() else None,
            is_async=self.is_async,
            namespace={
                "gate": GATE,
                "slow": self._run,
                "execution": Execution,
                "task": self,
                "enter": STATE.set,
                "leave": self._leaver(),
                "note": self._note,
            },
        )

    def _leaver(self) -> Callable[[Any], None]:
        """What takes the context of an attempt back; no method, which would cost each call a frame."""
        return STATE.reset

    def _note(self, error: BaseException) -> None:
        note_attempt(Execution(self), error)

    def _only_calls(self) -> bool:
        """Whether an attempt is a call of the function and nothing else."""
        return type(self).execute is PythonFunctionTask.execute

    def _is_plain(self) -> bool:
        """Whether nothing but the function has to run, so that a call may skip the state machine."""
        metadata, cls = self._metadata, type(self)
        asked = metadata and (metadata.cache or metadata.retries or metadata.timeout or metadata.deprecated)
        return not (
            asked
            or self._environment
            or self._security_context
            or not self._only_calls()
            or not STEPS.isdisjoint(self.__dict__)
            or cls.pre_execute is not PythonTask.pre_execute
            or cls.post_execute is not PythonTask.post_execute
            or self._ignores_inputs
            or self._execution_mode is not ExecutionBehavior.DEFAULT
        )

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in STEPS:
            self._generate_anew()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in STEPS:
            self._generate_anew()

    def _generate_anew(self) -> None:
        """Forget the functions that were generated while the steps of an attempt were others."""
        for made in ("compiled", "direct"):
            self.__dict__.pop(made, None)
        self._direct = self._first_call

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_direct": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._direct = self._first_call

    def __reduce__(self) -> Any:
        return reduce_located(self)


def reduce_located(entity: Any) -> Any:
    """Return how an entity is pickled: by the variable that holds it where another process can import that."""
    import copyreg

    from fletching.run.shipping import importable

    module = entity.instantiated_in
    if importable(module) or (module == "__main__" and not _pickled_by_value()):
        try:
            return _load, (module, entity.find_lhs())
        except ResolverError:
            pass  # no variable holds it: it travels as a value
    return copyreg.__newobj__, (type(entity),), entity.__getstate__()  # type: ignore[attr-defined]


def _pickled_by_value() -> bool:
    """Whether the pickler that asks takes the functions of ``__main__`` along as code, as cloudpickle does.

    The one of multiprocessing doesn't: it looks them up in the child, which imports the same script.
    """
    frame = sys._getframe(3)  # picklers are written in C: the nearest frame is of whoever calls theirs
    return "cloudpickle" in str(frame.f_globals.get("__name__", ""))


def _load(module: str, variable: str) -> Any:
    import importlib

    return getattr(importlib.import_module(module), variable)


def function_name(function: Any) -> str:
    """Return the name of a function or of a callable object."""
    name = getattr(function, "__name__", None)
    return str(name) if name else type(function).__name__


def _checked_mode(
    function: Callable[..., Any], mode: ExecutionBehavior, runs: tuple[ExecutionBehavior, ...]
) -> ExecutionBehavior:
    if mode in runs:
        return mode
    allowed = ", ".join(each.name for each in runs)
    raise ConfigError(f"task {function_name(function)!r}: execution_mode must be {allowed}, got {mode!r}")


def _checked_hints(
    function: Callable[..., Any], mode: ExecutionBehavior, hints: Iterable[Any] | None
) -> Iterable[Any] | None:
    if hints is not None and mode is not ExecutionBehavior.DYNAMIC:
        raise ConfigError(
            f"task {function_name(function)!r}: node_dependency_hints is for dynamic tasks; this one calls nothing else"
        )
    return None if hints is None else tuple(hints)  # a generator would be empty the second time


def _refuse_nested(function: Callable[..., Any], name: str) -> None:
    """Refuse a function inside a function: no other process could find it by name.

    Test modules may have them, since their tasks run here only.
    """
    code = getattr(function, "__code__", None)
    nested = code is not None and "<locals>" in function.__qualname__ and function.__name__ != function.__qualname__
    last = module_name(function).rpartition(".")[2]
    if nested and not (last.startswith("test_") or last.endswith("_test")):
        raise ConfigError(
            f"task {name!r} is defined inside {function.__qualname__.partition('.<locals>')[0]!r}, "
            "where no other process finds it; move it to module level or pass task_resolver= "
            f"(the default is {default_task_resolver.location})"
        )
