"""Executable: what the scheduler runs and a graph's node stands for; a task, a workflow, a launch plan, a map."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER
from fletching.errors import CallError, close_match
from fletching.located import Located
from fletching.made import note
from fletching.options import describe_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.context import ExecutionParameters
    from fletching.expansion import Expansion
    from fletching.flyte_context import FlyteContext
    from fletching.graph.node import NodeMetadata
    from fletching.interface import Interface
    from fletching.metadata import TaskMetadata
    from fletching.security import SecurityContext
    from fletching.types.compiled import CompiledCall

__all__ = ["Executable"]

NOTHING_SET: Mapping[str, str] = MappingProxyType({})


class Executable(Located):
    """Has a name, a typed interface and metadata, and can be called.

    A call in plain Python runs at once and gives native values. While a graph is being built, it is recorded as a
    node and gives promises.
    """

    _name: str
    _python_interface: Interface
    _metadata: TaskMetadata | None = None

    node_kind = "task"
    """One word for what a node of it is, as progress and pictures show it."""

    is_async = False
    """Whether a call gives a coroutine."""

    orchestrates = False
    """Whether its attempts only wait for calls of others, so that they belong on the event loop, whichever executor the
    others run on."""

    reads_inputs = True
    """Whether it looks at its inputs; in a container one that does not is started with whatever there are."""

    stays_here = False
    """Whether its attempts run in this process, whichever executor the others run on."""

    metadata_is_for_parts = False
    """Whether cache, retries and timeout are those of each call that is its work, as in a map, and not its own.
    Such an executable names as ``target`` what it calls."""

    def __new__(cls, /, *args: Any, **options: Any) -> Self:
        made = super().__new__(cls)
        note(made, cls, args, options)
        return made

    @property
    def name(self) -> str:
        """Its full name: ``module.function`` for one made of a function."""
        return self._name

    @property
    def short_name(self) -> str:
        """The last part of `name`, as messages show it."""
        return self.name.rpartition(".")[2]

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
    def environment(self) -> Mapping[str, str]:
        """Environment variables set while it runs; read-only."""
        return NOTHING_SET

    @property
    def security_context(self) -> SecurityContext | None:
        """The secrets it asks for."""
        return None

    @property
    def optional_inputs(self) -> frozenset[str]:
        """The inputs that a call may leave out."""
        return frozenset(self.python_interface.defaults)

    @property
    def interface(self) -> TypedInterface:
        """Its typed inputs and outputs, as the protobuf of the wire."""
        from fletching.types.idl import typed_interface

        return typed_interface(self.python_interface)

    def get_type_for_input_var(self, k: str, v: Any) -> type[Any]:
        """Return the Python type of input ``k``; ``v`` is there for subclasses whose type depends on the value."""
        kind: type[Any] = self.python_interface.inputs[k]
        return kind

    def get_type_for_output_var(self, k: str, v: Any) -> type[Any]:
        """Return the Python type of output ``k``; ``v`` is there for subclasses whose type depends on the value."""
        kind: type[Any] = self.python_interface.outputs[k]
        return kind

    def get_input_types(self) -> dict[str, type[Any]]:
        """Return the Python types of the inputs by name."""
        return dict(self.python_interface.inputs)

    # How it is called

    @cached_property
    def compiled(self) -> CompiledCall:
        """The generated functions that bind and carry its values; for the layers that run it."""
        return self._compile()

    def _compile(self) -> CompiledCall:
        from fletching.types.compiled import compile_call

        return compile_call(self.python_interface, self.short_name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run it at once with native values and return its native outputs; record it while a graph is being built.

        Raises:
            CallError: the arguments do not bind to the inputs.
            ConversionError: a value does not fit its type.
        """
        return self._run(self.bind(*args, **kwargs))

    def aio(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call it from code that awaits: ``await t.aio(a=1)``, whether it is async itself or not.

        In the body of an eager task this is a call as any other, which type checkers know to be awaitable. Elsewhere
        the work of what is not async is done on a thread, so that it does not hold up the event loop.
        """
        if self.is_async or RECORDER.get() is not None:
            return self(*args, **kwargs)
        import asyncio

        return asyncio.to_thread(self, *args, **kwargs)

    def bind(self, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return every input by name, as the caller gave it, defaults filled in.

        Raises:
            CallError: the arguments do not bind to the inputs.
        """
        try:
            return self.compiled.bind(*args, **kwargs)
        except TypeError as error:
            raise self._call_error(error, kwargs) from None

    def _run(self, inputs: Mapping[str, Any]) -> Any:
        """Record or run a call whose arguments are bound."""
        builder = RECORDER.get()
        if builder is not None:
            return builder.call(self, inputs)
        from fletching.run.local import run_call

        return run_call(self, inputs)

    def _call_error(self, error: TypeError, kwargs: Mapping[str, Any]) -> CallError:
        known = self.python_interface.inputs
        hint = next((close_match(name, known) for name in kwargs if name not in known), "")
        told = str(error).partition(". Did you mean ")[0]  # Python 3.13 guesses as well
        return CallError(f"{told}{hint}; inputs of {self.node_kind} {self.name!r}: {describe_inputs(known)}")

    def local_execute(self, ctx: FlyteContext | None = None, **kwargs: Any) -> Any:
        """Run with native values given by name, as `__call__` does; ``ctx`` is accepted for the Flyte call form."""
        return self.__call__(**kwargs)

    # What the scheduler asks

    def pre_execute(self, user_params: ExecutionParameters | None) -> ExecutionParameters | None:
        """Called before an attempt's inputs are carried.

        Returns:
            What `current_context` gives during the attempt; None keeps it as it is.
        """
        return user_params

    def post_execute(self, user_params: ExecutionParameters | None, rval: Any) -> Any:
        """Called after `execute` with what it returned; what this returns becomes the outputs."""
        return rval

    @property
    def direct(self) -> Callable[..., Any] | None:
        """One function that is the whole call, for what asks for nothing around it; None for everything else."""
        return None

    def expand(self, inputs: Mapping[str, Any]) -> Expansion | None:
        """Return the calls that are its work, or None if it is done in attempts."""
        return None

    def _to_literal_map(self, value: Any) -> LiteralMap:
        from fletching.types.idl import to_literal_map

        return to_literal_map(self.python_interface.outputs, self._named_outputs(value))

    def _named_outputs(self, value: Any) -> dict[str, Any]:
        """Return what a call returned as output name to value."""
        return self.python_interface.named_outputs(value)

    def _check_types(self) -> None:
        """Refuse here, where it is defined, what no call of it could carry."""
        from fletching.errors import ConversionError
        from fletching.types.compiled import input_transformers, output_transformers

        transformers = input_transformers(self.python_interface, self.short_name)
        output_transformers(self.python_interface, self.short_name)
        for name, default in self.python_interface.defaults.items():
            if isinstance(default, Iterator):
                continue  # to look at what it holds would leave nothing for the first call
            try:
                transformers[name].carry(default)
            except ConversionError as error:
                if default is None and not error.hint:
                    error.hint = "annotate it with Optional[...] to allow None"
                raise error.within(self.short_name, f"default of argument {name!r}") from None

    # As a node of a graph

    def compile(self, ctx: FlyteContext | None = None, *args: Any, **kwargs: Any) -> Any:
        """Record a node for a call in the graph that is being built, and return its promises.

        Raises:
            GraphError: no graph is being built here.
        """
        from fletching.graph.builder import current_builder

        return current_builder(f"{self.short_name}.compile()").call(self, self.bind(*args, **kwargs))

    def construct_node_metadata(self) -> NodeMetadata:
        """Return what a node of it says about how it is to be run."""
        from fletching.graph.node import NodeMetadata

        metadata = self.metadata
        return NodeMetadata(
            name=self.short_name,
            timeout=metadata.timeout,
            retries=metadata.retries,
            interruptible=metadata.interruptible,
        )

    def __getstate__(self) -> dict[str, Any]:
        # Generated functions stay here: whoever gets a copy makes its own.
        return {key: value for key, value in self.__dict__.items() if key not in _GENERATED}


_GENERATED = frozenset({"compiled", "direct", "_direct"})
