"""Promise: an output that does not exist yet."""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from fletching.errors import GraphError, PromiseError
from fletching.graph.conditions import Comparison
from fletching.graph.steps import step_text, step_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.graph.conditions import Condition
    from fletching.graph.node import Node

__all__ = ["NodeOutput", "Ordered", "Promise", "VoidPromise", "node_of", "promises_of"]


class NodeOutput(NamedTuple):
    """What a promise refers to: an output of a node, or a part of it."""

    node: Node
    var: str
    attr_path: tuple[int | str, ...] = ()

    @property
    def node_id(self) -> str:
        """Id of the node; empty for an input of the graph."""
        return self.node.id


class Ordered:
    """What can be put in order and given overrides: everything that stands for a node."""

    __slots__ = ()

    _node: Node

    def with_overrides(self, **overrides: Any) -> Any:
        """Change how this one node is run; the task itself stays as it is. Returns self."""
        self._node.with_overrides(**overrides)
        return self

    def runs_before(self, other: Any) -> None:
        """Have this node's call end before the other's begins."""
        self._node.runs_before(other)

    def __rshift__(self, other: Any) -> Any:
        self._node.runs_before(other)
        return other


class Promise(Ordered):
    """An output of a node, or a part of one, while its graph is being built.

    ``p.field``, ``p[0]`` and ``p["key"]`` are promises of the parts; comparisons are for `conditional`. Everything
    else needs the value, which a task gets.
    """

    __slots__ = ("_node", "_path", "_type", "_var")

    def __init__(self, node: Node, var: str, annotation: Any, path: tuple[int | str, ...] = ()) -> None:
        self._node = node
        self._var = var
        self._type = annotation
        self._path = path

    @property
    def ref(self) -> NodeOutput:
        """The node and output behind it."""
        return NodeOutput(self._node, self._var, self._path)

    @property
    def var(self) -> str:
        """Name of the output."""
        return self._var

    @property
    def is_ready(self) -> bool:
        """Always False: a value that is ready is no promise."""
        return False

    def __getattr__(self, name: str) -> Promise:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._part(name, as_attribute=True)

    def __getitem__(self, key: Any) -> Promise:
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise PromiseError(f"{self._told()} takes one number or key in [], got {key!r}; slice it inside a task")
        return self._part(key, as_attribute=False)

    def _part(self, step: int | str, *, as_attribute: bool) -> Promise:
        kind = step_type(self._type, step, self._told(), as_attribute=as_attribute)
        return Promise(self._node, self._var, kind, (*self._path, step))

    def _told(self) -> str:
        path = "".join(map(step_text, self._path))
        return f"{self._node.told_output(self._var)}{path}"

    # Comparisons, for conditional

    def _compare(self, operator: str, other: Any) -> Comparison:
        import datetime

        plain = (bool, int, float, str, datetime.datetime, datetime.timedelta, Enum, Promise)
        if other is not None and not isinstance(other, plain):
            raise PromiseError(
                f"{self._told()} can be compared with a promise, a number, a str, a bool, a date or None, "
                f"got {type(other).__name__} {other!r}"
            )
        if isinstance(other, float) and math.isnan(other):
            raise PromiseError(f"{self._told()} is compared with nan, which is never true")
        return Comparison(self, operator, other)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Comparison:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Comparison:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Comparison:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Comparison:
        return self._compare(">=", other)

    __hash__ = object.__hash__

    def is_true(self) -> Condition:
        """Ask whether it is True."""
        return self.is_(True)

    def is_false(self) -> Condition:
        """Ask whether it is False."""
        return self.is_(False)

    def is_none(self) -> Condition:
        """Ask whether it is None."""
        return self._compare("==", None)

    def is_(self, v: bool) -> Condition:
        """Ask whether it is ``v``."""
        return self._compare("==", v)

    # What only a value can do

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise PromiseError(f"{self._told()} has no value while the workflow is built, so {what}; {instead}")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - it never returns
        self._refuse("it is neither true nor false", "use conditional(...).if_(...), or an if inside a @dynamic task")

    def __and__(self, other: object) -> NoReturn:
        self._refuse("& cannot join it", "compare it first, for example p.is_true() & (q > 3)")

    __or__ = __rand__ = __ror__ = __and__

    def __iter__(self) -> NoReturn:
        self._refuse("it cannot be iterated", "use map_task to run a task on each item, or loop inside a @dynamic task")

    def __len__(self) -> NoReturn:  # noqa: PLE0303 - as above
        self._refuse("it has no length", "use len() inside a task")

    def __contains__(self, item: object) -> NoReturn:
        self._refuse("nothing is in it yet", "use in inside a task")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        self._refuse("it cannot be called", "call its methods inside a task")

    def __format__(self, spec: str) -> NoReturn:
        self._refuse("it cannot stand in a text", "format it inside a task")

    def __fspath__(self) -> NoReturn:
        self._refuse("it is no path", "open it inside a task")

    def __int__(self) -> NoReturn:
        self._refuse("it is no number", "compute with it inside a task")

    __float__ = __index__ = __complex__ = __round__ = __neg__ = __pos__ = __abs__ = __invert__ = __int__

    def __repr__(self) -> str:
        path = "".join(map(step_text, self._path))
        node = self._node.id or "input"
        return f"Promise({node}.{self._var}{path})"


def _no_arithmetic(symbol: str) -> Callable[[Promise, object], NoReturn]:
    def refuse(self: Promise, other: object) -> NoReturn:
        self._refuse(f"{symbol} cannot be computed", "compute with it inside a task")

    return refuse


for _name, _symbol in {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "divmod": "divmod()", "lshift": "<<", "xor": "^",
}.items():  # fmt: skip
    for _prefix in ("", "r"):
        setattr(Promise, f"__{_prefix}{_name}__", _no_arithmetic(_symbol))


class VoidPromise(Ordered):
    """Stands for a node without outputs: it can be put in order and given overrides, and has no value."""

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def task_name(self) -> str:
        """Name of what gives nothing."""
        return str(self._node.entity.name)

    @property
    def ref(self) -> NodeOutput:
        """The node behind it."""
        return NodeOutput(self._node, "")

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise PromiseError(
            f"{self.task_name} returns nothing, so there is no value to use; annotate what it returns, or put it "
            "in order with a >> b"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    __getitem__ = __iter__ = __len__ = __call__ = __bool__ = __format__ = __str__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __add__ = __radd__ = _refuse
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"VoidPromise({self._node.id})"


_tuples: dict[type[Any], type[Any]] = {}
"""The class of promises for each named tuple class of outputs."""


def promises_of(node: Node) -> Any:
    """Return what a call that became ``node`` gives: a promise, a named tuple of them, or a `VoidPromise`."""
    interface = node.entity.python_interface
    if not interface.outputs:
        return VoidPromise(node)
    made = [Promise(node, name, kind) for name, kind in interface.outputs.items()]
    if not interface.returns_tuple:
        return made[0]
    base = interface.output_tuple
    cls = _tuples.get(base)
    if cls is None:
        # No __slots__: it remembers its node, and is still the user's own named tuple.
        cls = _tuples.setdefault(base, type(base.__name__, (Ordered, base), {"ref": property(_first_ref)}))
    given = cls(*made)
    given._node = node
    return given


def _first_ref(promises: Any) -> NodeOutput:
    return NodeOutput(promises._node, "")


def node_of(thing: Any) -> Node:
    """Return the node behind a promise, a tuple of promises, a `VoidPromise` or a node.

    Raises:
        GraphError: it stands for none.
    """
    from fletching.graph.node import Node

    node = thing if isinstance(thing, Node) else getattr(thing, "_node", None)
    if not isinstance(node, Node):
        raise GraphError(f"expected a node or what a call in a workflow returned, got {thing!r}")
    return node
