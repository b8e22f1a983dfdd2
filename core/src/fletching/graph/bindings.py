"""Where the value of a node's input, or of a graph's output, comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from fletching.errors import BindingError, ConversionError, GraphError, PromiseError, add_note
from fletching.graph.fit import Misfit, converter
from fletching.graph.promise import Promise, VoidPromise
from fletching.graph.steps import plain_type, step_text, take_step, variants
from fletching.types.display import type_name
from fletching.types.engine import transformer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fletching.graph.builder import GraphBuilder
    from fletching.graph.node import Node

__all__ = ["Binding", "Constant", "Entries", "Items", "Reference", "bind", "bind_plainly", "holds_promise"]

IMMUTABLE = frozenset({bool, float, int, str, type(None)})
"""Types whose values are no promises and hold none; most constants of a graph."""


class Binding:
    """Gives a value once the outputs of the nodes it refers to are there."""

    __slots__ = ()

    def value(self, values: Mapping[Node, Mapping[str, Any]]) -> Any:
        """Return the value, given the outputs of every node by name."""
        raise NotImplementedError

    def references(self) -> Iterator[Reference]:
        """Tell the outputs of nodes that it is made of."""
        return iter(())

    def nodes(self) -> Iterator[Node]:
        """Tell the nodes it refers to."""
        for reference in self.references():
            yield reference.node


class Constant(Binding):
    """A value that was there when the graph was built."""

    __slots__ = ("annotation", "constant")

    def __init__(self, constant: Any, annotation: Any) -> None:
        self.constant = constant
        self.annotation = annotation

    def value(self, values: Mapping[Node, Mapping[str, Any]]) -> Any:
        return self.constant

    def __repr__(self) -> str:
        from fletching.types.display import short_repr

        return short_repr(self.constant, 60)


class Reference(Binding):
    """An output of a node, or a part of one."""

    __slots__ = ("convert", "node", "path", "var")

    def __init__(self, node: Node, var: str, path: tuple[int | str, ...], convert: Callable[[Any], Any] | None) -> None:
        self.node = node
        self.var = var
        self.path = path
        self.convert = convert
        """Turns the value into what the other side's annotation is, or None where it is that already."""

    def value(self, values: Mapping[Node, Mapping[str, Any]]) -> Any:
        value = values[self.node][self.var]
        for at, step in enumerate(self.path):
            try:
                value = take_step(value, step)
            except (LookupError, AttributeError, TypeError) as error:
                raise PromiseError(_no_part(self, at, value)) from error
        if self.convert is None:
            return value
        try:
            return self.convert(value)
        except ConversionError as error:
            add_note(error, f"what {self.node.told_output(self.var)}{''.join(map(step_text, self.path))} gave")
            raise

    def references(self) -> Iterator[Reference]:
        yield self

    def __repr__(self) -> str:
        return f"{self.node.id or 'input'}.{self.var}{''.join(map(step_text, self.path))}"


def _no_part(reference: Reference, at: int, value: Any) -> str:
    from fletching.types.display import preview

    before = "".join(map(step_text, reference.path[:at]))
    where = f"{reference.node.told_output(reference.var)}{before}"
    return f"{where} has no {step_text(reference.path[at])}: it is {preview(value)}"


class Items(Binding):
    """A list some of whose items are bindings."""

    __slots__ = ("items",)

    def __init__(self, items: list[Binding]) -> None:
        self.items = items

    def value(self, values: Mapping[Node, Mapping[str, Any]]) -> Any:
        return [each.value(values) for each in self.items]

    def references(self) -> Iterator[Reference]:
        for each in self.items:
            yield from each.references()

    def __repr__(self) -> str:
        return repr(self.items)


class Entries(Binding):
    """A dict some of whose values are bindings."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[str, Binding]) -> None:
        self.entries = entries

    def value(self, values: Mapping[Node, Mapping[str, Any]]) -> Any:
        return {key: each.value(values) for key, each in self.entries.items()}

    def references(self) -> Iterator[Reference]:
        for each in self.entries.values():
            yield from each.references()

    def __repr__(self) -> str:
        return repr(self.entries)


def bind_plainly(builder: GraphBuilder, annotation: Any, given: Any) -> Binding | None:
    """Return the binding in the two cases that most inputs of a graph are, or None: `bind` knows all of them.

    They are an output of the very type in the same graph, and a number or text that fits.
    """
    kind = type(given)
    if kind is Promise:
        node = given._node
        if given._type is annotation and node.builder is builder:
            return Reference(node, given._var, given._path, None)
    elif kind is annotation and kind in IMMUTABLE:
        try:
            return Constant(transformer(annotation).carry(given), annotation)
        except ConversionError:
            pass  # an int beyond 64 bits: bind knows what to say
    return None


def bind(
    builder: GraphBuilder, where: str, annotation: Any, given: Any, *, task: str = "", argument: str = ""
) -> Binding:
    """Return the binding of what a call in a graph was given.

    Args:
        builder: the graph that is being built.
        where: the receiving end, for messages.
        annotation: what the receiving end takes.
        given: a promise, a list or dict that holds some, or a plain value.
        task: the receiving task's short name, for the error of a plain value that does not fit.
        argument: its input, likewise.

    Raises:
        BindingError: a promise whose value will never fit.
        ConversionError: a plain value that does not fit.
        PromiseError: a promise of another graph, or something that stands for no value.
    """
    if isinstance(given, Promise):
        return _reference(builder, where, annotation, given)
    if isinstance(given, (list, dict)) and holds_promise(given):
        return _container(builder, where, annotation, given)
    _refuse_no_value(where, given)
    from fletching.types.iterators import holds_iterator, replayed

    if holds_iterator(annotation):
        given = replayed(given)  # every attempt reads it again
    try:
        carried = transformer(annotation).carry(given)
    except ConversionError as error:
        raise error.within(task or where, argument) from None
    return Constant(given if holds_iterator(annotation) else carried, annotation)


def _reference(builder: GraphBuilder, where: str, annotation: Any, promise: Promise) -> Binding:
    node, var, path = builder.reference(promise)
    given = promise._type
    may_be_none = type(None) in variants(given) and type(None) not in variants(annotation)
    if path and may_be_none:
        # A part of a value is picked when there is one, also on a backend: whoever takes a None there refuses it then.
        given = Union[tuple(each for each in variants(given) if each is not type(None))]  # noqa: UP007 - of a tuple
    try:
        convert = converter(given, annotation)
    except Misfit:
        advice = "put a task between them that makes the one from the other"
        if may_be_none and not path:
            advice = "put a task between them that deals with None"
        raise BindingError(
            f"{promise._told()} is {type_name(promise._type)}, and {where} takes {type_name(annotation)}; {advice}"
        ) from None
    return Reference(node, var, path, convert)


def _container(builder: GraphBuilder, where: str, annotation: Any, given: list[Any] | dict[Any, Any]) -> Binding:
    kind = type(given)
    misfit: Exception | None = None
    for variant in variants(annotation):
        if (get_origin(variant) or variant) is not kind and variant is not Any:
            continue
        try:
            return _of_parts(builder, where, get_args(variant), given)
        except (BindingError, ConversionError) as error:
            misfit = misfit or error
    if misfit is not None:
        raise misfit
    raise BindingError(f"{where} takes {type_name(plain_type(annotation))}, got a {kind.__name__} of promises")


def _of_parts(
    builder: GraphBuilder, where: str, arguments: tuple[Any, ...], given: list[Any] | dict[Any, Any]
) -> Binding:
    if isinstance(given, list):
        inner = arguments[0] if arguments else Any
        return Items([_part(builder, f"{where}[{at}]", inner, item) for at, item in enumerate(given)])
    for key in given:
        if not isinstance(key, str):
            raise BindingError(f"{where}: the keys of a dict with promises must be str, got {key!r}")
    inner = arguments[1] if arguments else Any
    return Entries({key: _part(builder, f"{where}[{key!r}]", inner, item) for key, item in given.items()})


def _part(builder: GraphBuilder, where: str, annotation: Any, given: Any) -> Binding:
    return bind_plainly(builder, annotation, given) or bind(builder, where, annotation, given)


def _refuse_no_value(where: str, given: Any) -> None:
    """Refuse what stands for a node and is no value."""
    from fletching.graph.conditional import ConditionalSection
    from fletching.graph.conditions import Condition
    from fletching.graph.node import Node

    if isinstance(given, VoidPromise):
        raise PromiseError(f"{where} was given the result of {given.task_name}, which returns nothing")
    if isinstance(given, Condition):
        raise PromiseError(f"{where} was given the condition ({given!r}), which only conditional(...).if_ can ask")
    if isinstance(given, ConditionalSection):
        raise GraphError(given.unfinished())
    node = given if isinstance(given, Node) else getattr(given, "_node", None)
    if isinstance(node, Node):
        names = ", ".join(f".{name}" for name in node.outputs) or "none"
        raise PromiseError(f"{where} was given all outputs of {node}; pick one of them: {names}")
    if holds_promise(given):
        raise PromiseError(
            f"{where} was given a {type(given).__name__} with promises in it; only lists and dicts can hold promises: "
            "make the object inside a task"
        )


def holds_promise(value: Any) -> bool:
    """Return whether a value is, or visibly contains, a promise."""
    if isinstance(value, (Promise, VoidPromise)):
        return True
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(holds_promise, value))
    if isinstance(value, dict):
        return any(map(holds_promise, value.values()))
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None and not isinstance(value, type):
        return any(holds_promise(getattr(value, name, None)) for name in fields)
    return False
