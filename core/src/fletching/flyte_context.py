"""The context of the Flyte SDK: what runs here, where its files go, and a way to run code as if it were elsewhere."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.context import RECORDER, STATE, ExecutionMode, current_context
from fletching.errors import ConfigError
from fletching.identity import execution_identity

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.context import Execution, ExecutionParameters
    from fletching.expansion import Expansion
    from fletching.file_access import FileAccess
    from fletching.graph.node import Node
    from fletching.settings import SerializationSettings

__all__ = ["CompilationState", "ExecutionState", "FlyteContext", "FlyteContextManager"]

AS_HERE = (None, ExecutionMode.LOCAL_TASK_EXECUTION, ExecutionMode.LOCAL_WORKFLOW_EXECUTION)
"""The modes in which code runs as it does anyway."""


@dataclass(frozen=True, kw_only=True)
class ExecutionState:
    """In what role code runs, for `FlyteContext.with_execution_state`."""

    Mode: ClassVar = ExecutionMode

    mode: ExecutionMode | None = None
    """None outside of a task; with ``TASK_EXECUTION`` a dynamic task is written as a job instead of being run."""
    working_dir: str | os.PathLike[str] | None = None
    """A folder for the code's own files; read by that code only."""

    def __post_init__(self) -> None:
        if self.mode is not ExecutionMode.TASK_EXECUTION and self.mode not in AS_HERE:
            raise ConfigError(
                f"an execution state's mode must be TASK_EXECUTION, LOCAL_TASK_EXECUTION, LOCAL_WORKFLOW_EXECUTION or "
                f"None, got {self.mode!r}"
            )

    def with_params(
        self, working_dir: str | os.PathLike[str] | None = None, mode: ExecutionMode | None = None
    ) -> ExecutionState:
        """Return a state that differs in what is given."""
        return replace(
            self,
            mode=self.mode if mode is None else mode,
            working_dir=self.working_dir if working_dir is None else working_dir,
        )

    def is_local_execution(self) -> bool:
        """Tell whether a task runs, and not on a backend."""
        return self.mode in (ExecutionMode.LOCAL_TASK_EXECUTION, ExecutionMode.LOCAL_WORKFLOW_EXECUTION)


class CompilationState:
    """Takes the calls that are made in a context which has it: each becomes a node, and gives promises."""

    def __init__(self, prefix: str = "") -> None:
        from fletching.graph.builder import GraphBuilder

        self.builder = GraphBuilder("a compilation state", {}, prefix=prefix)

    @property
    def prefix(self) -> str:
        """What stands in front of every node's id."""
        return self.builder.prefix

    @property
    def nodes(self) -> list[Node]:
        """The calls so far."""
        return self.builder.nodes


class FlyteContext:
    """The context argument of `PythonTask.dispatch_execute` and its kin, for code written against the Flyte SDK.

    One with other settings, files or role is made with the ``with_`` methods, and holds in the block of
    `FlyteContextManager.with_context`.
    """

    __slots__ = ("_access", "_compilation", "_execution", "_holds_in", "_settings", "level")

    def __init__(
        self,
        *,
        settings: SerializationSettings | None = None,
        execution: ExecutionState | None = None,
        access: FileAccess | None = None,
        compilation: CompilationState | None = None,
        level: int = 0,
    ) -> None:
        self._settings, self._execution, self._access, self._compilation = settings, execution, access, compilation
        self.level = level
        """How many blocks of `FlyteContextManager.with_context` it stands in."""
        self._holds_in: Execution | None = None
        """The attempt whose role is the one given, None for code outside of one; another attempt has its own role."""

    @staticmethod
    def current_context() -> FlyteContext:
        """The same as `FlyteContextManager.current_context`."""
        return FlyteContextManager.current_context()

    @property
    def user_space_params(self) -> ExecutionParameters:
        """The same as `current_context`."""
        return current_context()

    @property
    def serialization_settings(self) -> SerializationSettings | None:
        """The settings that entities are serialized with here, if somebody gave any."""
        return self._settings

    @property
    def execution_state(self) -> ExecutionState:
        """In what role the code runs: the one given, or that of the task which runs here.

        In a local run that is ``LOCAL_TASK_EXECUTION``, also for the task of a workflow.
        """
        if self._execution is not None and not (self._is_current() and STATE.get() is not self._holds_in):
            return self._execution
        if STATE.get() is None:
            return ExecutionState()
        there = execution_identity() is not None
        return ExecutionState(mode=ExecutionMode.TASK_EXECUTION if there else ExecutionMode.LOCAL_TASK_EXECUTION)

    @property
    def file_access(self) -> FileAccess:
        """Places for files, and copies to and from them."""
        from fletching.file_access import FileAccess

        return FileAccess() if self._access is None else self._access

    @property
    def compilation_state(self) -> Any:
        """The graph that is being built here, with its ``nodes`` so far; None where calls run."""
        taker, own = RECORDER.get(), self._compilation
        if own is not None and not (self._is_current() and taker is not own.builder):
            return own
        return taker if hasattr(taker, "nodes") else None

    @property
    def writes_jobs(self) -> bool:
        """Whether the job of a dynamic task is asked for, and not its outputs: in the mode ``TASK_EXECUTION``."""
        return self._execution is not None and self._execution.mode is ExecutionMode.TASK_EXECUTION

    @contextmanager
    def dispatching(self, execution: Execution) -> Iterator[None]:
        """While it is open, the role given is that of one more attempt: one that was handed this context."""
        before, self._holds_in = self._holds_in, execution
        try:
            yield
        finally:
            self._holds_in = before

    def job_of(self, work: Expansion) -> DynamicJobSpec | LiteralMap:
        """Return what a backend is sent of a dynamic task that ran; the outputs themselves if it called nothing.

        Raises:
            ConfigError: there are no settings to write it with, or the work is no graph.
        """
        from fletching.graph.walk import GraphExpansion
        from fletching.idl.dynamic import dynamic_job

        if not isinstance(work, GraphExpansion):
            raise ConfigError(
                f"in the mode TASK_EXECUTION only a dynamic task is written as a job, got {type(work).__name__}; "
                "use the mode LOCAL_TASK_EXECUTION"
            )
        if self._settings is None:
            raise ConfigError(
                f"the job of {work.graph.name!r} needs the settings that it was registered with; "
                "give the context with_serialization_settings(settings)"
            )
        return dynamic_job(work.graph, self._settings)

    def new_builder(self) -> Builder:
        """Return what makes another context of this one."""
        return Builder(self)

    def with_serialization_settings(self, ss: SerializationSettings) -> Builder:
        """Return what makes a context with other settings."""
        return Builder(self).with_serialization_settings(ss)

    def with_execution_state(self, es: ExecutionState) -> Builder:
        """Return what makes a context for code in another role."""
        return Builder(self).with_execution_state(es)

    def with_file_access(self, fa: FileAccess) -> Builder:
        """Return what makes a context whose outputs go elsewhere."""
        return Builder(self).with_file_access(fa)

    def with_compilation_state(self, c: CompilationState) -> Builder:
        """Return what makes a context in which calls become nodes."""
        return Builder(self).with_compilation_state(c)

    def with_new_compilation_state(self) -> Builder:
        """Return what makes a context in which calls become nodes of a new graph."""
        return Builder(self).with_compilation_state(CompilationState())

    def new_execution_state(self, working_dir: str | os.PathLike[str] | None = None) -> ExecutionState:
        """Return a state without a mode, with a folder of its own."""
        return ExecutionState(working_dir=working_dir or self.file_access.get_random_local_directory())

    def new_compilation_state(self, prefix: str = "") -> CompilationState:
        """Return a state that has no nodes yet."""
        return CompilationState(prefix)

    def _is_current(self) -> bool:
        return _CURRENT.get() is self

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with ExitStack() as stack:
            self._holds_in = STATE.get()
            stack.callback(_CURRENT.reset, _CURRENT.set(self))
            if self._access is not None:
                stack.enter_context(self._access.outputs_placed())
            if self._compilation is not None:
                stack.enter_context(self._compilation.builder.recording())
            yield


class Builder:
    """Makes a `FlyteContext`; each ``with_`` method changes it and gives it back, as in the Flyte SDK."""

    __slots__ = ("_base", "_given")

    def __init__(self, base: FlyteContext) -> None:
        self._base = base
        self._given: dict[str, Any] = {}

    def build(self) -> FlyteContext:
        """Return the context; what was not given is as in the one it began with, but a graph that is being built."""
        base = self._base
        known = {"settings": base._settings, "execution": base._execution, "access": base._access}
        return FlyteContext(**{**known, **self._given}, level=base.level + 1)

    def with_serialization_settings(self, ss: SerializationSettings) -> Builder:
        """Give it the settings that entities are serialized with."""
        from fletching.settings import SerializationSettings

        return self._with("settings", ss, SerializationSettings)

    def with_execution_state(self, es: ExecutionState) -> Builder:
        """Give it a role."""
        return self._with("execution", es, ExecutionState)

    def with_file_access(self, fa: FileAccess) -> Builder:
        """Give it places for files."""
        from fletching.file_access import FileAccess

        return self._with("access", fa, FileAccess)

    def with_compilation_state(self, c: CompilationState) -> Builder:
        """Give it what takes the calls."""
        return self._with("compilation", c, CompilationState)

    def with_new_compilation_state(self) -> Builder:
        """Give it a new graph that takes the calls."""
        return self.with_compilation_state(CompilationState())

    def _with(self, name: str, value: Any, wanted: type) -> Builder:
        if not isinstance(value, wanted):
            raise ConfigError(f"a context's {name} must be a {wanted.__name__}, got {value!r}")
        self._given[name] = value
        return self


_CURRENT: ContextVar[FlyteContext | None] = ContextVar("flyte_sdk_context", default=None)
"""The innermost context that was entered here."""


class FlyteContextManager:
    """Where code written against the Flyte SDK gets the context it hands to a task's methods."""

    @staticmethod
    def current_context() -> FlyteContext:
        """Return the context of the running code."""
        return _CURRENT.get() or FlyteContext()

    @staticmethod
    @contextmanager
    def with_context(b: Builder) -> Iterator[FlyteContext]:
        """Have a context hold in the block, in this thread or asyncio task and those started from it."""
        if not isinstance(b, Builder):
            raise ConfigError(f"with_context takes what new_builder() and the with_... methods give, got {b!r}")
        made = b.build()
        with made._entered():
            yield made

    @staticmethod
    def size() -> int:
        """Return how many contexts there are here: one, and those entered."""
        return FlyteContextManager.current_context().level + 1
