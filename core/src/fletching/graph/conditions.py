"""What the branches of a conditional ask: comparisons of promises, decided when the graph runs."""

from __future__ import annotations

import operator
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from fletching.errors import PromiseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fletching.graph.promise import Promise

__all__ = ["Comparison", "Condition", "Conjunction"]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Condition:
    """Something about promises that is true or false once their values are there. Combine with ``&`` and ``|``."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Conjunction:
        return Conjunction(self, "&", _checked(other))

    def __or__(self, other: Condition) -> Conjunction:
        return Conjunction(self, "|", _checked(other))

    def __bool__(self) -> NoReturn:
        raise PromiseError(
            f"({self}) is decided when the workflow runs, not while it is built: use conditional(...).if_(...), "
            "& and | instead of and, or and not, or an if inside a @dynamic task"
        )

    def promises(self) -> Iterator[Promise]:
        """Tell every promise it asks for."""
        raise NotImplementedError

    def holds(self, value: Callable[[Promise], Any]) -> bool:
        """Decide it, given what gives the value of a promise."""
        raise NotImplementedError


def _checked(other: object) -> Condition:
    if isinstance(other, Condition):
        return other
    raise PromiseError(f"& and | take comparisons of promises, such as (p > 3), got {other!r}")


class Comparison(Condition):
    """One comparison; either side is a promise or a plain value."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, left: Any, operator: str, right: Any) -> None:
        self.left = left
        self.operator = operator
        self.right = right

    def promises(self) -> Iterator[Promise]:
        from fletching.graph.promise import Promise

        yield from (side for side in (self.left, self.right) if isinstance(side, Promise))

    def holds(self, value: Callable[[Promise], Any]) -> bool:
        from fletching.graph.promise import Promise

        left, right = (
            _compared(value(side) if isinstance(side, Promise) else side) for side in (self.left, self.right)
        )
        return bool(OPERATORS[self.operator](left, right))

    def __repr__(self) -> str:
        return f"{self.left!r} {self.operator} {self.right!r}"


def _compared(operand: Any) -> Any:
    """Return what a backend compares: of a member of an enum it has the value, which a text may be equal to."""
    return operand.value if isinstance(operand, Enum) else operand


class Conjunction(Condition):
    """Two conditions and what joins them, ``&`` or ``|``."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, left: Condition, operator: str, right: Condition) -> None:
        self.left = left
        self.operator = operator
        self.right = right

    def promises(self) -> Iterator[Promise]:
        yield from self.left.promises()
        yield from self.right.promises()

    def holds(self, value: Callable[[Promise], Any]) -> bool:
        if self.operator == "&":
            return self.left.holds(value) and self.right.holds(value)
        return self.left.holds(value) or self.right.holds(value)

    def __repr__(self) -> str:
        return f"({self.left!r}) {self.operator} ({self.right!r})"
