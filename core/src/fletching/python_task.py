"""PythonTask: a name, an interface, metadata, a config and a way to execute."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching.deck import DEFAULT_DECK_FIELDS
from fletching.errors import ConfigError, ResolverError, close_match
from fletching.executable import Executable
from fletching.interface import Interface
from fletching.options import checked_environment, checked_object, deck_options, unknown_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
    from flyteidl.core.literals_pb2 import LiteralMap
    from flyteidl.core.tasks_pb2 import Container, ExtendedResources, K8sPod, Sql

    from fletching.context import ExecutionMode
    from fletching.deck import DeckField
    from fletching.documentation import Documentation
    from fletching.flyte_context import FlyteContext
    from fletching.metadata import TaskMetadata
    from fletching.security import SecurityContext
    from fletching.settings import SerializationSettings

__all__ = ["PythonTask"]

T = TypeVar("T")


class PythonTask(Executable, Generic[T]):
    """A task without a Python function behind it, and the base of every task type.

    A plugin overrides `execute`, and of the ``get_…`` methods those whose answer is not "none".
    Calling a task runs it at once, in this process, with native values; in a workflow's body it becomes a node.
    """

    _reconfigured = False
    """Whether it is another task with another config, of which only a workflow's node knows."""

    def __init__(
        self,
        task_type: str,
        name: str,
        task_config: T | None = None,
        interface: Interface | None = None,
        environment: Mapping[str, str] | None = None,
        disable_deck: bool | None = None,
        enable_deck: bool | None = None,
        deck_fields: tuple[DeckField, ...] = DEFAULT_DECK_FIELDS,
        *,
        metadata: TaskMetadata | None = None,
        task_type_version: int = 0,
        security_ctx: SecurityContext | None = None,
        docs: Documentation | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_option(type(self), name, next(iter(unknown)))
        if not isinstance(name, str) or not name:
            raise ConfigError(f"a task's name must be a non-empty string, got {name!r}")
        if not hasattr(self, "_instantiated_in"):
            self._locate()
        self._task_type = task_type
        self._task_type_version = task_type_version
        self._name = name
        self._task_config = task_config
        self._python_interface = interface if interface is not None else Interface()
        self._environment = checked_environment(name, environment)
        self._enable_deck, self._deck_fields = deck_options(name, disable_deck, enable_deck, deck_fields)
        self._security_context = checked_object(
            name, "security_ctx", security_ctx, "fletching.security.SecurityContext"
        )
        self._docs = checked_object(name, "docs", docs, "fletching.documentation.Documentation")
        self._metadata = self._final_metadata(metadata)
        self._check_types()

    def _final_metadata(self, metadata: TaskMetadata | None) -> TaskMetadata | None:
        """Return the metadata, or None for the default ones, which are made when somebody looks at them."""
        from fletching.plugins import manager

        plugins = manager()
        hooked = plugins.has_hooks("fletching_task_metadata")
        if metadata is None and not (hooked or self._enable_deck):
            return None
        from dataclasses import replace

        from fletching.metadata import TaskMetadata

        metadata = TaskMetadata() if metadata is None else metadata
        if not isinstance(metadata, TaskMetadata):
            raise ConfigError(f"task {self._name!r}: metadata must be a TaskMetadata, got {metadata!r}")
        if self._enable_deck and not metadata.generates_deck:
            metadata = replace(metadata, generates_deck=True)
        inputs = self._python_interface.inputs
        for ignored in metadata.cache_ignore_input_vars:
            if ignored not in inputs:
                raise ConfigError(
                    f"task {self._name!r}: cache_ignore_input_vars names {ignored!r}, which is no input"
                    f"{close_match(ignored, inputs)}"
                )
        if hooked:
            metadata = plugins.task_metadata(self._name, self._task_config, metadata)
        return metadata

    # Who it is

    @property
    def task_type(self) -> str:
        """The one word for its type: on the wire, as entry point and in every message."""
        return self._task_type

    @property
    def task_type_version(self) -> int:
        """Version of the wire form of its custom part."""
        return self._task_type_version

    @property
    def task_config(self) -> T | None:
        """What the user passed as ``task_config``."""
        return self._task_config

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables set while it runs; read-only."""
        return MappingProxyType(self._environment)

    @property
    def security_context(self) -> SecurityContext | None:
        """The secrets it asks for."""
        return self._security_context

    @property
    def docs(self) -> Documentation | None:
        """Its documentation; what the user gave wins, and its docstring fills what is empty."""
        from fletching.documentation import completed

        return completed(self._docs, self._python_interface.docstring)

    @property
    def enable_deck(self) -> bool:
        """Whether a report is made of its runs."""
        return self._enable_deck

    @property
    def disable_deck(self) -> bool:
        """The opposite of `enable_deck`; an older spelling."""
        import warnings

        from fletching.errors import OptionDeprecatedWarning

        warnings.warn("disable_deck is deprecated; use enable_deck", OptionDeprecatedWarning, stacklevel=2)
        return not self._enable_deck

    @property
    def deck_fields(self) -> list[DeckField]:
        """What its report shows; empty if it makes none."""
        return list(self._deck_fields)

    # What it is on a backend: the base answers are "none", a task type overrides what it has

    def get_container(self, settings: SerializationSettings) -> Container | None:
        """Return the container that runs it, or None."""
        return None

    def get_k8s_pod(self, settings: SerializationSettings) -> K8sPod | None:
        """Return the pod that runs it, or None."""
        return None

    def get_sql(self, settings: SerializationSettings) -> Sql | None:
        """Return the SQL statement it stands for, or None."""
        return None

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any] | None:
        """Return what its type adds to the template, as JSON-like data."""
        return {}

    def get_config(self, settings: SerializationSettings) -> dict[str, str] | None:
        """Return the template's config entries."""
        return {}

    def get_extended_resources(self, settings: SerializationSettings) -> ExtendedResources | None:
        """Return the accelerator and the shared memory it needs, or None."""
        return None

    # How it runs

    def execute(self, /, **kwargs: Any) -> Any:
        """Do the work of one attempt; the values come in and go out natively."""
        raise ConfigError(f"task {self.name!r} of type {self.task_type!r} runs on a backend only; it has no local form")

    def with_task_config(self, task_config: T) -> Self:
        """Return a task that differs from this one by its config only; this one stays as it is."""
        copy = type(self).__new__(type(self))
        copy.__setstate__(self.__getstate__())
        copy._task_config = task_config
        copy._lhs = None  # no variable holds it: in another process it arrives as a value
        copy._reconfigured = self._reconfigured or task_config is not self._task_config
        return copy

    def find_lhs(self) -> str:
        """Return the name of the module's variable that holds this.

        Raises:
            ResolverError: no variable of the module does.
        """
        try:
            return super().find_lhs()
        except ResolverError:
            if not self._reconfigured:
                raise
        raise ResolverError(
            f"task {self.name!r} has another config, {self.task_config!r}, by with_overrides(task_config=...), which "
            "the wire has no place for in a node; make a task with that config, and call that one"
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def local_execution_mode(self) -> ExecutionMode:
        """Return what a local call of it counts as."""
        from fletching.context import ExecutionMode

        return ExecutionMode.LOCAL_TASK_EXECUTION

    def dispatch_execute(self, ctx: FlyteContext | None, input_literal_map: LiteralMap) -> LiteralMap | DynamicJobSpec:
        """Run one attempt from literals to literals, as a container does: no cache, no retries.

        Where ``ctx`` has the mode ``TASK_EXECUTION``, the calls of a dynamic task are not made: what a backend is sent
        of them is returned, ``flyteidl.core.DynamicJobSpec``.

        Raises:
            ConversionError: an input or an output does not fit its type.
        """
        from contextlib import nullcontext

        from fletching.context import Execution
        from fletching.crossing import LiteralCrossing
        from fletching.execution import run_attempt
        from fletching.expansion import Expansion

        execution, crossing = Execution(self), LiteralCrossing(self)
        with nullcontext() if ctx is None else ctx.dispatching(execution):
            value = run_attempt(execution, input_literal_map, crossing)
        if isinstance(value, Expansion):
            if ctx is not None and ctx.writes_jobs:
                return ctx.job_of(value)
            from fletching.run.call import new_call
            from fletching.run.local import run_expansion

            value, error = run_expansion(new_call(self, {}), value)
            if error is not None:
                raise error
            return crossing.carry_outputs(value)
        return value  # what the crossing gives

    def sandbox_execute(self, ctx: FlyteContext | None, input_literal_map: LiteralMap) -> LiteralMap | DynamicJobSpec:
        """The same as `dispatch_execute`: every attempt gets a working directory of its own anyway."""
        return self.dispatch_execute(ctx, input_literal_map)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, task_type={self.task_type!r})"
