"""ArrayNode: a map of anything that can be called, and what it shares with a map task."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Sized
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fletching import LaunchPlan
from fletching.errors import ConfigError, ResolverError
from fletching.extend import Executable, PythonFunctionTask, PythonInstanceTask, ReferenceEntity, TaskMetadata
from fletching_map.binding import bound_inputs_of, lifted, unwrapped
from fletching_map.config import ExecutionMode, MapConfig
from fletching_map.expansion import MapExpansion
from fletching_map.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.extend import Expansion, Interface, NodeMetadata, NodeWriter

__all__ = ["ArrayNode", "Mapped"]

PACKAGES = ("fletching", __name__.partition(".")[0])


class Mapped(Executable):
    """What every map can do, whatever it is of."""

    node_kind = "map"
    metadata_is_for_parts = True
    code_digest = ""
    """What it does is what its elements do, and a run that goes on from another looks at each of those."""

    target: Executable
    """What is called for each element."""
    config: MapConfig
    """How much at once, and how many have to succeed."""
    own_metadata: TaskMetadata | None
    """What holds for each element instead of the target's own metadata, or None."""

    def _set_up(
        self,
        target: Any,
        config: MapConfig,
        bound_inputs: Iterable[str] | None,
        bound_inputs_values: Mapping[str, Any] | None,
        metadata: TaskMetadata | None,
    ) -> Interface:
        """Take over what a map is made of, and return its interface."""
        self.target, values = unwrapped(target)
        self.config = config
        self._bound, self._values = bound_inputs_of(self.target, values, bound_inputs, bound_inputs_values)
        if metadata is not None and not isinstance(metadata, TaskMetadata):
            raise ConfigError(f"metadata must be a TaskMetadata, got {metadata!r}")
        self.own_metadata = metadata
        return lifted(self.target, self._bound, config)

    # What it is made of

    @property
    def concurrency(self) -> int | None:
        """The most elements at the same time; None and 0 leave it to the scheduler."""
        return self.config.concurrency

    @property
    def min_successes(self) -> int | None:
        """How many elements have to succeed, or None for what the ratio says."""
        return self.config.min_successes

    @property
    def min_success_ratio(self) -> float | None:
        """Which part of the elements has to succeed."""
        return self.config.min_success_ratio

    @property
    def run_all_sub_nodes(self) -> bool:
        """Whether the other elements are run when the map can only fail."""
        return self.config.run_all_sub_nodes

    @property
    def bound_inputs(self) -> frozenset[str]:
        """The inputs that every element gets whole."""
        return self._bound

    @property
    def bound_inputs_values(self) -> dict[str, Any]:
        """The values known for them."""
        return dict(self._values)

    @property
    def execution_mode(self) -> ExecutionMode:
        """How much a backend remembers of each element: little for core's own tasks and references, all for others."""
        target = self.target
        referred = isinstance(target, ReferenceEntity) and target.node_kind == "task"
        minimal = referred or type(target) in (PythonFunctionTask, PythonInstanceTask)
        return ExecutionMode.MINIMAL_STATE if minimal else ExecutionMode.FULL_STATE

    @property
    def optional_inputs(self) -> frozenset[str]:
        """The inputs that a call may leave out: those with a default, and those that are bound to a value."""
        return self.target.optional_inputs.union(self._values)

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """The short names of the target, and of what does its work: the target of a map, the workflow of a plan."""
        target = self.target
        if isinstance(target, LaunchPlan):
            return target.short_name, target.workflow.short_name
        return (target.short_name, *(target.chain if isinstance(target, Mapped) else ()))

    @property
    def short_name(self) -> str:
        """Its name for people: ``map_`` and that of the target."""
        return f"map_{self.target.short_name}"

    @property
    def metadata(self) -> TaskMetadata:
        """What holds for each element: cache, retries, timeout and their kin."""
        return self.target.metadata if self.own_metadata is None else self.own_metadata

    def construct_node_metadata(self) -> NodeMetadata:
        """Return what its node says: the name alone, the rest is said for each element."""
        sub = self.construct_sub_node_metadata()
        return dataclasses.replace(sub, timeout=None, retries=0, interruptible=None)

    def construct_sub_node_metadata(self) -> NodeMetadata:
        """Return what is said for each element."""
        return dataclasses.replace(super().construct_node_metadata(), name=self.name)

    def fill_flyte_node(self, message: WireNode, node: Any, writer: NodeWriter) -> None:
        """Write what is called for each element into the message of a node."""
        from fletching_map.wire import fill_array_node

        fill_array_node(message, node, writer)

    # How it is called

    def bind(self, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the inputs by name: those given, and those that are bound.

        By position are those that are not bound, in the order of the target's. An input that has a default may be left
        out: every element gets the default then.
        """
        inputs = self.python_interface.inputs
        free = [name for name in inputs if name not in self._bound]
        if len(args) > len(free):
            raise self._wrong(f"takes {len(free)} inputs by position and {len(args)} were given", kwargs)
        given = dict(zip(free, args, strict=False))
        for name, value in kwargs.items():
            if name not in inputs:
                raise self._wrong(f"got an unexpected keyword argument {name!r}", kwargs)
            if name in given:
                raise self._wrong(f"got multiple values for argument {name!r}", kwargs)
            given[name] = value
        given = {**self._values, **given}
        optional = self.optional_inputs
        missing = [name for name in inputs if name not in given and name not in optional]
        if not missing and given.keys() <= self._bound:
            missing = free[:1]
        if missing:
            raise self._wrong(f"missing a required argument: {missing[0]!r}", kwargs)
        return {name: given[name] for name in inputs if name in given}

    def _wrong(self, what: str, kwargs: Mapping[str, Any]) -> Exception:
        return self._call_error(TypeError(f"{self.short_name}() {what}"), kwargs)

    def expand(self, inputs: Mapping[str, Any]) -> Expansion:
        fixed: dict[str, Any] = {**self.target.python_interface.defaults, **self._values}
        varying: dict[str, Any] = {}
        for name, value in inputs.items():
            fixed.pop(name, None)
            (fixed if name in self._bound else varying)[name] = value
        return MapExpansion(self, Rows(self.short_name, varying, fixed, self.python_interface.inputs))

    def call_count(self, inputs: Mapping[str, Any]) -> int | None:
        """Return how many elements there are, or None while nobody knows; progress shows it."""
        varying = (value for name, value in inputs.items() if name not in self._bound)
        return next((len(value) for value in varying if isinstance(value, Sized)), None)

    # Who it is

    def _map_name(self) -> str:
        """Return the full name, made as the Flyte SDK makes it: other options have another name."""
        config = self.config
        words = f"{','.join(sorted(self._bound))}{config.concurrency}{config.min_successes}{config.min_success_ratio}"
        if self.own_metadata is not None:
            words += str(self.own_metadata)
        target = self.target
        module, _, name = target.name.rpartition(".")
        if isinstance(target, Mapped):
            words += target.name
        elif isinstance(target, PythonInstanceTask):
            module, name = target.task_type, _variable_of(target)
        digest = hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()
        return ".".join(filter(None, (module, f"map_{name.removesuffix('-arraynode')}_{digest}-arraynode")))

    def _locate(self, module: str | None = None) -> None:
        super()._locate(module or _calling_module())


def _variable_of(task: PythonInstanceTask[Any]) -> str:
    """Return the variable that holds a task, or the last part of its name if none does yet."""
    try:
        return task.find_lhs()
    except ResolverError:
        return task.short_name


def _calling_module() -> str:
    """Return the module whose code makes a map."""
    frame = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] not in PACKAGES:
            return name
        frame = frame.f_back  # type: ignore[assignment]
    return "__main__"


class ArrayNode(Mapped):
    """Calls a task, a workflow or a launch plan for every element of its inputs; what `array_node` makes.

    Args:
        target: what is called, or a ``functools.partial`` of it that binds inputs.
        concurrency: the most elements at the same time; None and 0 leave it to the scheduler.
        min_successes: how many elements have to succeed.
        min_success_ratio: which part of them has to.
        run_all_sub_nodes: go on with the other elements when the map can only fail.
        bound_inputs: inputs that every element gets whole.
        bound_inputs_values: values for them.
        metadata: retries, timeout and cache of each element, instead of the target's own.
    """

    def __init__(
        self,
        target: Any,
        concurrency: int | None = None,
        min_successes: int | None = None,
        min_success_ratio: float | None = 1.0,
        run_all_sub_nodes: bool = False,
        bound_inputs: Iterable[str] | None = None,
        bound_inputs_values: Mapping[str, Any] | None = None,
        *,
        metadata: TaskMetadata | None = None,
    ) -> None:
        self._locate()
        config = MapConfig(
            concurrency=concurrency,
            min_successes=min_successes,
            min_success_ratio=min_success_ratio,
            run_all_sub_nodes=run_all_sub_nodes,
        )
        self._python_interface = self._set_up(target, config, bound_inputs, bound_inputs_values, metadata)
        self._name = self._map_name()

    def __repr__(self) -> str:
        return f"ArrayNode({self.name!r})"
