"""PythonTask: a name, an interface, metadata, a config and a way to execute."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching.deck import DEFAULT_DECK_FIELDS
from fletching.errors import CallError, ConfigError, close_match
from fletching.interface import Interface
from fletching.located import Located
from fletching.options import checked_environment, checked_object, deck_options, describe_inputs, unknown_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.literals_pb2 import LiteralMap
    from flyteidl.core.tasks_pb2 import Container, ExtendedResources, K8sPod, Sql

    from fletching.context import ExecutionMode, ExecutionParameters, FlyteContext
    from fletching.deck import DeckField
    from fletching.documentation import Documentation
    from fletching.metadata import TaskMetadata
    from fletching.security import SecurityContext
    from fletching.settings import SerializationSettings
    from fletching.types.compiled import CompiledCall

__all__ = ["PythonTask"]

T = TypeVar("T")


class PythonTask(Located, Generic[T]):
    """A task without a Python function behind it, and the base of every task type.

    A plugin overrides `execute`, and of the ``get_…`` methods those whose answer is not "none".
    Calling a task runs it at once, in this process, with native values.
    """

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

    def _check_types(self) -> None:
        """Refuse here, where the task is defined, what no call of it could carry."""
        from fletching.errors import ConversionError
        from fletching.types.compiled import input_transformers, output_transformers

        transformers = input_transformers(self._python_interface, self.short_name)
        output_transformers(self._python_interface, self.short_name)
        for name, default in self._python_interface.defaults.items():
            try:
                transformers[name].carry(default)
            except ConversionError as error:
                if default is None and not error.hint:
                    error.hint = "annotate it with Optional[...] to allow None"
                raise error.within(self.short_name, f"default of argument {name!r}") from None

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
    def name(self) -> str:
        """Its full name: ``module.function`` for a function task."""
        return self._name

    @property
    def short_name(self) -> str:
        """The last part of `name`, as messages show it."""
        return self.name.rpartition(".")[2]

    @property
    def task_config(self) -> T | None:
        """What the user passed as ``task_config``."""
        return self._task_config

    @property
    def metadata(self) -> TaskMetadata:
        """Retries, timeout, cache and their kin."""
        if self._metadata is None:
            from fletching.metadata import TaskMetadata

            self._metadata = TaskMetadata()
        return self._metadata

    @property
    def python_interface(self) -> Interface:
        """Its typed inputs and outputs, as Python types."""
        return self._python_interface

    @property
    def interface(self) -> TypedInterface:
        """Its typed inputs and outputs, as the protobuf of the wire."""
        from fletching.types.idl import typed_interface

        return typed_interface(self._python_interface)

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
        from fletching.documentation import Description, Documentation

        docstring = self._python_interface.docstring
        if docstring is None:
            return self._docs
        given = self._docs if self._docs is not None else Documentation()
        long = docstring.long_description
        return Documentation(
            short_description=given.short_description or docstring.short_description,
            long_description=given.long_description or (Description(value=long) if long else None),
            source_code=given.source_code,
        )

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

    def get_type_for_input_var(self, k: str, v: Any) -> type[Any]:
        """Return the Python type of input ``k``; ``v`` is there for subclasses whose type depends on the value."""
        kind: type[Any] = self._python_interface.inputs[k]
        return kind

    def get_type_for_output_var(self, k: str, v: Any) -> type[Any]:
        """Return the Python type of output ``k``; ``v`` is there for subclasses whose type depends on the value."""
        kind: type[Any] = self._python_interface.outputs[k]
        return kind

    def get_input_types(self) -> dict[str, type[Any]]:
        """Return the Python types of the inputs by name."""
        return dict(self._python_interface.inputs)

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

    def pre_execute(self, user_params: ExecutionParameters | None) -> ExecutionParameters | None:
        """Called before an attempt's inputs are carried.

        Returns:
            What `current_context` gives during the attempt; None keeps it as it is.
        """
        return user_params

    def execute(self, /, **kwargs: Any) -> Any:
        """Do the work of one attempt; the values come in and go out natively."""
        raise ConfigError(f"task {self.name!r} of type {self.task_type!r} runs on a backend only; it has no local form")

    def post_execute(self, user_params: ExecutionParameters | None, rval: Any) -> Any:
        """Called after `execute` with what it returned; what this returns becomes the outputs."""
        return rval

    @cached_property
    def compiled(self) -> CompiledCall:
        """The generated functions that bind and carry this task's values; for the layers that run it."""
        return self._compile()

    def _compile(self) -> CompiledCall:
        from fletching.types.compiled import compile_call

        return compile_call(self._python_interface, self.short_name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run the task at once with native values and return its native outputs.

        Raises:
            CallError: the arguments do not bind to the inputs.
            ConversionError: a value does not fit its type.
        """
        try:
            inputs = self.compiled.bind(*args, **kwargs)
        except TypeError as error:
            raise self._call_error(error, kwargs) from None
        return self._run(inputs)

    def _run(self, inputs: Mapping[str, Any]) -> Any:
        from fletching.run.local import run_call

        return run_call(self, inputs)

    def _call_error(self, error: TypeError, kwargs: Mapping[str, Any]) -> CallError:
        known = self._python_interface.inputs
        hint = next((close_match(name, known) for name in kwargs if name not in known), "")
        told = str(error).partition(". Did you mean ")[0]  # Python 3.13 guesses as well
        return CallError(f"{told}{hint}; inputs of task {self.name!r}: {describe_inputs(known)}")

    def local_execute(self, ctx: FlyteContext | None = None, **kwargs: Any) -> Any:
        """Run with native values given by name, as `__call__` does; ``ctx`` is accepted for the Flyte call form."""
        return self.__call__(**kwargs)

    def local_execution_mode(self) -> ExecutionMode:
        """Return what a local call of it counts as."""
        from fletching.context import ExecutionMode

        return ExecutionMode.LOCAL_TASK_EXECUTION

    def dispatch_execute(self, ctx: FlyteContext | None, input_literal_map: LiteralMap) -> LiteralMap:
        """Run one attempt from literals to literals, as a container does: no cache, no retries.

        Raises:
            ConversionError: an input or an output does not fit its type.
        """
        from fletching.context import Execution
        from fletching.execution import run_attempt
        from fletching.types.idl import from_literal_map

        inputs = from_literal_map(self._python_interface.inputs, input_literal_map)
        bound = self.compiled.bind(**inputs)
        return self._to_literal_map(run_attempt(Execution(self), bound))

    def sandbox_execute(self, ctx: FlyteContext | None, input_literal_map: LiteralMap) -> LiteralMap:
        """The same as `dispatch_execute`: every attempt gets a working directory of its own anyway."""
        return self.dispatch_execute(ctx, input_literal_map)

    def _to_literal_map(self, value: Any) -> LiteralMap:
        from fletching.types.idl import to_literal_map

        return to_literal_map(self._python_interface.outputs, self._named_outputs(value))

    def _named_outputs(self, value: Any) -> dict[str, Any]:
        """Return carried outputs by name."""
        names = list(self._python_interface.outputs)
        if not names:
            return {}
        return dict(zip(names, value, strict=True)) if self._python_interface.returns_tuple else {names[0]: value}

    def __getstate__(self) -> dict[str, Any]:
        # Generated functions stay here: whoever gets a copy makes its own.
        return {key: value for key, value in self.__dict__.items() if key not in _GENERATED}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, task_type={self.task_type!r})"


_GENERATED = frozenset({"compiled", "_direct"})
