"""``conditional("name").if_(...).then(...).else_().then(...)``: one of several branches runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Union

from fletching.context import RECORDER
from fletching.errors import BranchFailedError, GraphError, add_note
from fletching.graph.bindings import Reference
from fletching.graph.builder import GraphBuilder, current_builder
from fletching.graph.conditions import Condition
from fletching.graph.fit import same_type
from fletching.graph.promise import Ordered, Promise, node_of
from fletching.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.expansion import Expansion
    from fletching.graph.bindings import Binding
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node
    from fletching.metadata import TaskMetadata

__all__ = ["Branch", "Case", "Conditional", "ConditionalSection", "conditional"]


def conditional(name: str) -> ConditionalSection:
    """Begin a choice between branches; it ends with ``.else_().then(...)`` or ``.else_().fail("why")``.

    Raises:
        GraphError: no workflow is being built here.
    """
    return ConditionalSection(name, current_builder(f"conditional({name!r})"))


class Branch(NamedTuple):
    """One branch of a choice that was built."""

    condition: Condition | None
    """When it runs; None for the last one, which runs if no other did."""
    graph: Graph | None
    """What runs; None if it fails."""
    failure: str = ""
    """What it fails with."""


class Conditional:
    """A choice as a node calls it. Its inputs are what its branches and conditions take from around it."""

    node_kind = "branch"

    def __init__(self, name: str, interface: Interface, branches: tuple[Branch, ...], section: GraphBuilder) -> None:
        self.name = self.short_name = name
        self.python_interface = interface
        self.branches = branches
        self.section = section
        """Where the operands of the conditions are inputs."""

    direct = None
    is_async = False
    metadata_is_for_parts = False

    @property
    def metadata(self) -> TaskMetadata:
        """The default metadata: a choice is not an attempt of anything."""
        from fletching.metadata import TaskMetadata

        return TaskMetadata()

    def expand(self, inputs: Mapping[str, Any]) -> Expansion:
        """Decide which branch runs, and return its graph.

        Raises:
            BranchFailedError: the branch that is left says so.
        """
        from fletching.graph.walk import GraphExpansion

        values: dict[Node, Mapping[str, Any]] = {self.section.inputs: inputs}

        def value(promise: Promise) -> Any:
            node, var, path = self.section.reference(promise)
            return Reference(node, var, path, None).value(values)

        for branch in self.branches:
            if branch.condition is not None and not self._holds(branch.condition, value):
                continue
            if branch.graph is None:
                raise BranchFailedError(f"conditional {self.name!r}: {branch.failure}")
            taken = {name: inputs[name] for name in branch.graph.inputs.kinds}
            return GraphExpansion(branch.graph, taken)
        raise AssertionError("unreachable: the last branch has no condition")

    def _holds(self, condition: Condition, value: Callable[[Promise], Any]) -> bool:
        try:
            return condition.holds(value)
        except Exception as error:
            add_note(error, f"in the condition {condition!r} of conditional {self.name!r}")
            raise

    def __repr__(self) -> str:
        return f"Conditional({self.name!r})"


class Case:
    """A branch that waits for what it does."""

    def __init__(self, section: ConditionalSection, condition: Condition | None) -> None:
        self._section = section
        self._condition = condition
        if RECORDER.get() is not section.builder:
            raise GraphError(
                f"conditional {section.name!r}: its branches are built where calls are recorded; for a workflow that "
                "is put together call by call, that is inside of: with workflow.recording()"
            )
        # The argument of then() is evaluated before then() is: what it calls has to be recorded from now on.
        self._builder = GraphBuilder(section.builder.name, {}, outer=section.shared)
        self._token = RECORDER.set(self._builder)

    def then(self, p: Any) -> Any:
        """Say what the branch does: a promise, a tuple of promises, a node, or another conditional's result."""
        self._leave()
        return self._section._add(self._condition, self._builder, p)

    def fail(self, err: str) -> Any:
        """Have the run fail with a message if no other branch was taken."""
        self._leave()
        if self._condition is not None:
            raise GraphError(f"conditional {self._section.name!r}: only else_() can fail(); give this branch a then()")
        return self._section._fail(err)

    def _leave(self) -> None:
        RECORDER.reset(self._token)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            raise GraphError(
                f"conditional {self._section.name!r}: after if_, elif_ and else_ comes .then(...), got .{name}"
            )
        raise AttributeError(name)


class ConditionalSection:
    """A choice that is being built."""

    def __init__(self, name: str, builder: GraphBuilder) -> None:
        if not isinstance(name, str) or not name:
            raise GraphError(f"a conditional's name must be a non-empty string, got {name!r}")
        if builder.open_section is not None:
            raise GraphError(builder.open_section.unfinished())
        self.name = name
        self.builder = builder
        self.shared = GraphBuilder(builder.name, {}, outer=builder)
        """What all branches take from around them are inputs of this one."""
        self.cases: list[tuple[Condition | None, GraphBuilder | None, dict[str, Promise], str]] = []
        self._last = False
        builder.open_section = self

    def if_(self, expr: Condition) -> Case:
        """Begin the first branch."""
        if self.cases:
            raise GraphError(f"conditional {self.name!r}: if_ is for the first branch; use elif_")
        return self._case(expr)

    def elif_(self, expr: Condition) -> Case:
        """Begin another branch."""
        if not self.cases:
            raise GraphError(f"conditional {self.name!r}: the first branch begins with if_")
        return self._case(expr)

    def else_(self) -> Case:
        """Begin the last branch, which is taken if no other is."""
        if not self.cases:
            raise GraphError(f"conditional {self.name!r}: needs an if_ before its else_")
        self._last = True
        return Case(self, None)

    def _case(self, expr: object) -> Case:
        if not isinstance(expr, Condition):
            what = "a promise; compare it, for example with .is_true()" if isinstance(expr, Promise) else repr(expr)
            raise GraphError(f"conditional {self.name!r}: a branch asks for a comparison of promises, got {what}")
        for promise in expr.promises():
            self.shared.reference(promise)
        return Case(self, expr)

    def _add(self, condition: Condition | None, builder: GraphBuilder, given: Any) -> Any:
        self.cases.append((condition, builder, _outputs(self.name, given), ""))
        return self._close() if self._last else self

    def _fail(self, message: str) -> Any:
        self.cases.append((None, None, {}, str(message)))
        return self._close()

    def _close(self) -> Any:
        """End the choice: it becomes one node of the graph around it."""
        self.builder.open_section = None
        self._align()
        interface = self._interface()
        branches = []
        for condition, builder, outputs, failure in self.cases:
            if builder is None:
                branches.append(Branch(condition, None, failure))
                continue
            bindings: dict[str, Binding] = {
                name: Reference(*builder.reference(outputs[name]), None) for name in interface.outputs
            }
            branches.append(Branch(condition, builder.finish(interface, bindings)))
        entity = Conditional(self.name, interface, tuple(branches), self.shared)
        operands: dict[str, Binding] = {
            name: Reference(*self.builder.reference(promise), None) for name, promise in self.shared.captured.items()
        }
        return self.builder.add_node(entity, operands).promises

    def _align(self) -> None:
        """Give the one output of each branch the same name: that of an input differs from that of a task."""
        given = [outputs for _, builder, outputs, _ in self.cases if builder is not None]
        if all(len(outputs) == 1 for outputs in given) and len({*map(tuple, given)}) > 1:
            for outputs in given:
                outputs["o0"] = outputs.pop(next(iter(outputs)))

    def _interface(self) -> Interface:
        """Return the outputs that every branch has which does not fail."""
        given = [outputs for _, builder, outputs, _ in self.cases if builder is not None]
        names = [name for name in given[0] if all(name in each for each in given)]
        kinds: dict[str, Any] = {}
        for name in names:
            found: list[Any] = []
            for each in given:
                kind = each[name]._type
                if not any(same_type(kind, one) for one in found):
                    found.append(kind)
            kinds[name] = found[0] if len(found) == 1 else Union[tuple(found)]  # noqa: UP007 - made at run time
        return Interface(outputs=kinds)

    def unfinished(self) -> str:
        """Return what to say if nothing follows."""
        return (
            f"conditional {self.name!r} has no else_(); end it with .else_().then(...) or .else_().fail('why'), "
            "so that it always has a result"
        )

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            raise GraphError(self.unfinished())
        raise AttributeError(name)


def _outputs(name: str, given: Any) -> dict[str, Promise]:
    """Return what a branch gives, by output name."""
    if isinstance(given, Promise):
        return {given.var: given}
    if isinstance(given, tuple) and not isinstance(given, Ordered):
        if not all(isinstance(each, Promise) for each in given):
            raise GraphError(f"conditional {name!r}: then() takes promises, got {given!r}")
        return {f"o{at}": each for at, each in enumerate(given)}
    if isinstance(given, (ConditionalSection, Case)):
        raise GraphError(
            given.unfinished() if isinstance(given, ConditionalSection) else f"conditional {name!r}: unfinished"
        )
    try:
        return node_of(given).outputs
    except GraphError:
        raise GraphError(
            f"conditional {name!r}: then() takes what a call of a task or workflow returned, got {given!r}"
        ) from None
