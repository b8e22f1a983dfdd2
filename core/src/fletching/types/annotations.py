"""What may stand beside a type in ``Annotated``: `HashMethod`, `FlyteAnnotation`, columns, or a transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["FlyteAnnotation", "HashMethod", "annotated", "gives_hash", "kwtypes"]

T = TypeVar("T")

RESERVED = "cache-key-metadata"


def kwtypes(**types: Any) -> dict[str, Any]:
    """Return names with their types, in order: the columns of a table, the fields of a schema, the inputs of a task."""
    return types


class HashMethod(Generic[T]):
    """Says how a value is hashed for the cache: ``Annotated[Table, HashMethod(fingerprint)]``."""

    def __init__(self, function: Callable[[T], str]) -> None:
        if not callable(function):
            raise TypeError(f"HashMethod takes a function from a value to a str, not {preview(function)}")
        self._function = function

    def calculate(self, obj: T) -> str:
        """Return the hash of ``obj``."""
        found = self._function(obj)
        if not isinstance(found, str):
            raise ConversionError("a str from the function of HashMethod", preview(found))
        return found


class FlyteAnnotation:
    """Puts data of your own into the wire type: ``Annotated[int, FlyteAnnotation({"unit": "ms"})]``."""

    def __init__(self, data: dict[str, Any]) -> None:
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            raise TypeError(f"FlyteAnnotation takes a dict with keys of text, not {preview(data)}")
        if RESERVED in data:
            raise ValueError(f"FlyteAnnotation cannot set {RESERVED!r}: the type itself does; choose another key")
        self._data = dict(data)

    @property
    def data(self) -> dict[str, Any]:
        """A copy of the data."""
        return dict(self._data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlyteAnnotation) and self._data == other._data

    def __hash__(self) -> int:
        return hash(repr(self._data))

    def __repr__(self) -> str:
        return f"FlyteAnnotation({self._data!r})"


class AnnotatedTransformer(TypeTransformer[T]):
    """Does what the transformer of the bare type does, and adds a hash to literals or data to the wire type."""

    def __init__(
        self, python_type: Any, bare: TypeTransformer[T], hashed: HashMethod[T] | None, note: FlyteAnnotation | None
    ) -> None:
        super().__init__(python_type)
        self.bare = bare
        self.name, self.inline, self.inside_only = bare.name, bare.inline, bare.inside_only
        self._hashed, self._note = hashed, note

    def literal_type(self) -> LiteralType:
        made = self.bare.literal_type()
        if self._note is not None:
            made.annotation.annotations.update(self._note.data)
        return made

    def to_literal(self, value: T, /) -> Literal:
        literal = self.bare.to_literal(value)
        if self._hashed is not None:
            literal.hash = self._hashed.calculate(value)
        return literal

    def fill(self, literal: Literal, value: T, /) -> None:
        self.bare.fill(literal, value)
        if self._hashed is not None:
            literal.hash = self._hashed.calculate(value)

    def fill_all(self, slots: Iterable[Literal], values: Sequence[T], /) -> bool:
        return self._hashed is None and self.bare.fill_all(slots, values)

    def to_python(self, literal: Literal, /) -> T:
        return self.bare.to_python(literal)

    def read_all(self, literals: Collection[Literal], /) -> list[T] | None:
        return self.bare.read_all(literals)

    def carry(self, value: T, /) -> T:
        return self.bare.carry(value)

    def carry_all(self, values: Sequence[T], /) -> list[T] | None:
        return self.bare.carry_all(values)

    def has_plain(self) -> bool:
        return self.bare.has_plain()

    def carry_plain(self, value: T, /) -> T:
        return self.bare.carry_plain(value)

    def to_plain(self, value: T, /) -> Any:
        return self.bare.to_plain(value)

    def from_plain(self, data: Any, /) -> T:
        return self.bare.from_plain(data)

    def json_schema(self) -> dict[str, Any]:
        return self.bare.json_schema()


def gives_hash(annotation: Any) -> bool:
    """Return whether an annotation says how its values, or parts of them, are hashed."""
    if type(annotation) is type:
        return False
    extras = getattr(annotation, "__metadata__", ())
    return any(isinstance(one, HashMethod) for one in extras) or any(map(gives_hash, get_args(annotation)))


def annotated(annotation: Any, make: Callable[[Any, tuple[Any, ...]], TypeTransformer[Any]]) -> TypeTransformer[Any]:
    """Return the transformer of an ``Annotated`` type; ``make`` makes the one of the bare type."""
    bare_type, *extras = get_args(annotation)
    notes = [one for one in extras if isinstance(one, FlyteAnnotation)]
    if len(notes) > 1:
        raise UnsupportedTypeError(
            f"{type_name(annotation)} has more than one FlyteAnnotation; merge their data into one"
        )
    # The first of several wins, as on any reader of the annotation.
    own = next((one for one in extras if isinstance(one, TypeTransformer)), None)
    hashed = next((one for one in extras if isinstance(one, HashMethod)), None)
    others = tuple(one for one in extras if not isinstance(one, (FlyteAnnotation, HashMethod, TypeTransformer)))
    bare = own if own is not None else make(bare_type, others)
    if hashed is None and not notes:
        return bare
    return AnnotatedTransformer(annotation, bare, hashed, notes[0] if notes else None)
