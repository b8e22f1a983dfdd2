"""What a type transformer is: how one Python type crosses a task boundary."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["LENIENT", "TypeTransformer"]

T = TypeVar("T")

LENIENT: ContextVar[bool] = ContextVar("fletching_lenient", default=False)
"""Whether a dataclass leaves out what it has no field for. In a dict that somebody wrote, that is a typo; on the wire
it is of a subclass, or of a later version of the class."""


class TypeTransformer(ABC, Generic[T]):
    """Carries the values of one annotation across a task boundary.

    An instance belongs to one annotation (``list[int]`` and ``list[str]`` have one each), is made once
    by the engine and shared by threads: it holds no state that changes.

    **Law** (tested for every transformer in every package): ``carry(v) == to_python(to_literal(v))``, both raise
    `ConversionError` for the same values, neither changes ``v``, and no result shares mutable state with it.

    A subclass implements `literal_type`, `to_literal`, `to_python` and `carry`; one whose values may stand inside
    a dataclass, a ``TypedDict`` or an untyped ``dict`` also implements `to_plain`, `from_plain` and `json_schema`,
    for which the same law holds with `carry_plain`.
    """

    name: str = ""
    """The tag a union writes for this variant. Readers select by it, so it never changes."""

    inline: str | None = None
    """A Python expression over ``{v}``, true only where `carry` would return the very same object.

    Generated code tests it before it calls `carry`: ``"type({v}) is str"``. Only for immutable values.
    """

    inside_only: str = ""
    """Why the type has no wire form of its own and may only stand inside a dataclass; empty if it has one.

    It ends the message of the `UnsupportedTypeError` for an input or output of the type.
    """

    def __init__(self, python_type: Any) -> None:
        self.python_type = python_type
        """The annotation this transformer was made for."""

    @abstractmethod
    def literal_type(self) -> LiteralType:
        """Return the wire type. The caller may change the message: build a new one each time."""

    @abstractmethod
    def to_literal(self, value: T, /) -> Literal:
        """Return ``value`` in its wire form; raise `ConversionError` if it does not fit."""

    @abstractmethod
    def to_python(self, literal: Literal, /) -> T:
        """Return the value of a wire form, also one written by another SDK; raise `ConversionError` if it cannot be."""

    @abstractmethod
    def carry(self, value: T, /) -> T:
        """Return what the other side of a boundary would see, without going through a literal."""

    def fill(self, literal: Literal, value: T, /) -> None:
        """Write ``value`` into an empty literal. Override where that is cheaper than building and copying one."""
        literal.CopyFrom(self.to_literal(value))

    def carry_all(self, values: Sequence[T], /) -> list[T] | None:
        """Return the carried values, or None if there is no quicker way than one by one.

        Also return None where one of them does not fit: the container then asks for each and so knows which it was.
        """
        return None

    def fill_all(self, slots: Iterable[Literal], values: Sequence[T], /) -> bool:
        """Write what `carry_all` returned into empty literals, one for each.

        Return False, with nothing taken from ``slots``, if there is no quicker way than one by one.
        """
        return False

    def read_all(self, literals: Collection[Literal], /) -> list[T] | None:
        """Return the values of wire forms.

        Return None if there is no quicker way than one by one, or if one of them is not as `fill` writes it.
        """
        return None

    def has_plain(self) -> bool:
        """Tell whether values may stand inside a dataclass. A container answers for what it contains."""
        return type(self).to_plain is not TypeTransformer.to_plain

    def to_plain(self, value: T, /) -> Any:
        """Return ``value`` as data that MessagePack holds, for use inside a dataclass or an untyped dict."""
        raise self.no_plain_form()

    def from_plain(self, data: Any, /) -> T:
        """Return the value of `to_plain`'s data; the inverse, and as strict as `to_python`."""
        raise self.no_plain_form()

    def carry_plain(self, value: T, /) -> T:
        """Return ``from_plain(to_plain(value))``. Override where the plain form keeps other than what `carry` does."""
        return self.carry(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema (draft 2020-12) of `to_plain`'s data."""
        raise self.no_plain_form()

    def no_wire_form(self) -> Exception:
        """Return the error for an input or output of a type that is `inside_only`."""
        from fletching.errors import UnsupportedTypeError
        from fletching.types.display import type_name

        return UnsupportedTypeError(f"{type_name(self.python_type)} cannot be an input or output: {self.inside_only}")

    def no_plain_form(self) -> Exception:
        """Return the error for a type without plain form inside a dataclass."""
        from fletching.errors import UnsupportedTypeError
        from fletching.types.display import type_name

        return UnsupportedTypeError(
            f"{type_name(self.python_type)} cannot stand inside a dataclass or an untyped dict; "
            "make it an input or output of its own"
        )
