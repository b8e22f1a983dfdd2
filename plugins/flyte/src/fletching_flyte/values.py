"""Values: the inputs or outputs of an execution, each made a Python value when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fletching.errors import close_match
from fletching.extend import from_literal_map

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal, LiteralMap
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.extend import Interface

__all__ = ["Values", "native", "types_of"]


class Values(Mapping[str, Any]):
    """Name -> Python value. The types are those of the entity, where its code is here, else guessed from the wire.

    Args:
        literals: the values as a backend has them.
        types: gives the type of each name; asked when it is first needed.
    """

    def __init__(self, literals: LiteralMap, types: Callable[[], Mapping[str, Any]]) -> None:
        self._literals = literals
        self._types = types
        self._known: Mapping[str, Any] | None = None
        self._made: dict[str, Any] = {}

    @property
    def literals(self) -> LiteralMap:
        """The values as a backend has them."""
        return self._literals

    def get(self, name: str, as_type: Any = None) -> Any:
        """Return one value, of another type if one is given.

        Raises:
            KeyError: there is none of that name.
            ConversionError: it is not of that type.
        """
        if as_type is None:
            return self[name]
        self._check(name)
        return from_literal_map({name: as_type}, self._only(name), kind="output")[name]

    def as_python_native(self, python_interface: Interface) -> Any:
        """Return the outputs as a call of something with this interface returns them."""
        types = python_interface.outputs
        return python_interface.returned(from_literal_map(types, self._literals, kind="output"))

    @property
    def native_values(self) -> dict[str, Any]:
        """Every value by name."""
        return dict(self)

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        if name not in self._made:
            if self._known is None:
                self._known = self._types()
            self._made[name] = from_literal_map({name: self._known[name]}, self._only(name), kind="output")[name]
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._literals.literals, key=lambda name: (len(name), name)))

    def __len__(self) -> int:
        return len(self._literals.literals)

    def __repr__(self) -> str:
        return f"Values({', '.join(self)})"

    def _check(self, name: str) -> None:
        known = self._literals.literals
        if name not in known:
            raise KeyError(f"there is no {name!r}{close_match(name, known) or f'; there are: {list(self)}'}")

    def _only(self, name: str) -> LiteralMap:
        from flyteidl.core.literals_pb2 import LiteralMap

        return LiteralMap(literals={name: self._literals.literals[name]})


def types_of(literals: LiteralMap) -> dict[str, Any]:
    """Return types that fit values of which nothing else is known."""
    from fletching.extend import guess_python_type

    return {name: guess_python_type(_type_of(literal)) for name, literal in literals.literals.items()}


def native(literal: Literal) -> Any:
    """Return the value of a literal of which nothing else is known."""
    from flyteidl.core.literals_pb2 import LiteralMap

    literals = LiteralMap(literals={"value": literal})
    return from_literal_map(types_of(literals), literals, kind="output")["value"]


def _type_of(literal: Literal) -> LiteralType:
    from flyteidl.core.types_pb2 import LiteralType, SimpleType

    form = literal.WhichOneof("value")
    if form == "collection":
        kinds = [_type_of(each) for each in literal.collection.literals]
        return LiteralType(collection_type=kinds[0] if kinds else LiteralType(simple=SimpleType.STRING))
    if form == "map":
        kinds = [_type_of(each) for each in literal.map.literals.values()]
        return LiteralType(map_value_type=kinds[0] if kinds else LiteralType(simple=SimpleType.STRING))
    which = literal.scalar.WhichOneof("value")
    if which == "primitive":
        return LiteralType(simple=PRIMITIVES[literal.scalar.primitive.WhichOneof("value")])
    if which == "blob":
        return LiteralType(blob=literal.scalar.blob.metadata.type)
    if which == "structured_dataset":
        return LiteralType(structured_dataset_type=literal.scalar.structured_dataset.metadata.structured_dataset_type)
    if which == "schema":
        return LiteralType(schema=literal.scalar.schema.type)
    if which == "union":
        return _type_of(literal.scalar.union.value)
    return LiteralType(simple=SimpleType.NONE if which == "none_type" else SimpleType.STRUCT)


PRIMITIVES = {"integer": 1, "float_value": 2, "string_value": 3, "boolean": 4, "datetime": 5, "duration": 6}
"""What a primitive holds -> the number of its simple type."""
