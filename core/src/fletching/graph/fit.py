"""Whether what one node gives fits what another one takes, decided while a graph is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from fletching.graph.steps import plain_type, variants
from fletching.types.engine import transformer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["Misfit", "converter", "same_type"]


class Misfit(Exception):
    """What is given never fits."""


def same_type(one: Any, other: Any) -> bool:
    """Return whether two annotations mean the same, the order of a union's variants included."""
    return one is other or (one == other and repr(one) == repr(other))


def converter(given: Any, wanted: Any) -> Callable[[Any], Any] | None:
    """Return what turns a value of one annotation into one of another, or None if it can be passed as it is.

    Where the annotations differ, the value takes the way it would take between two containers: out to its wire form,
    and in again.

    Raises:
        Misfit: no value could fit.
    """
    if passes(given, wanted):
        return None
    if not _wire_fits(transformer(given).literal_type(), transformer(wanted).literal_type()):
        raise Misfit
    return Conversion(given, wanted)


class Conversion:
    """Turns a value of one annotation into one of another; can be pickled, as a graph built in another process is."""

    __slots__ = ("given", "wanted")

    def __init__(self, given: Any, wanted: Any) -> None:
        self.given = given
        self.wanted = wanted

    def __call__(self, value: Any) -> Any:
        return transformer(self.wanted).to_python(transformer(self.given).to_literal(value))


def passes(given: Any, wanted: Any) -> bool:
    """Return whether a value may be passed without conversion: the receiving side checks it and carries it anyway."""
    if same_type(given, wanted) or plain_type(wanted) is Any or plain_type(given) is Any:
        return True
    wanted_variants, given_variants = variants(wanted), variants(given)
    if len(wanted_variants) > 1 or len(given_variants) > 1:
        # Each kind of value that may come has to be taken, None too: a backend asks the same.
        return all(any(passes(one, each) for each in wanted_variants) for one in given_variants)
    one, other = plain_type(given), plain_type(wanted)
    if same_type(one, other) or (one is int and other is float):
        # What else stands in Annotated changes no value, but for a dataset: there it names the columns.
        return bool(transformer(given).literal_type().WhichOneof("type") != "structured_dataset_type")
    origin = get_origin(one)
    if origin in (list, dict) and origin is get_origin(other):
        return all(passes(a, b) for a, b in zip(get_args(one), get_args(other), strict=True))
    return False


def _wire_fits(given: LiteralType, wanted: LiteralType) -> bool:
    """Return whether a backend would let the one be bound to the other."""
    from flyteidl.core.types_pb2 import SimpleType

    form = wanted.WhichOneof("type")
    if given.HasField("union_type"):
        return all(_wire_fits(one, wanted) for one in given.union_type.variants)
    if form == "union_type":
        return any(_wire_fits(given, one) for one in wanted.union_type.variants)
    if given.WhichOneof("type") != form:
        text = {given.WhichOneof("type"), form} == {"enum_type", "simple"}
        return text and {given.simple, wanted.simple} <= {SimpleType.NONE, SimpleType.STRING}
    if form == "collection_type":
        return _wire_fits(given.collection_type, wanted.collection_type)
    if form == "map_value_type":
        return _wire_fits(given.map_value_type, wanted.map_value_type)
    if form == "blob":
        formats = {given.blob.format, wanted.blob.format}
        return given.blob.dimensionality == wanted.blob.dimensionality and (len(formats) == 1 or "" in formats)
    if form == "enum_type":
        return set(given.enum_type.values) <= set(wanted.enum_type.values)
    if form == "structured_dataset_type":
        have = {column.name: column.literal_type for column in given.structured_dataset_type.columns}
        need = wanted.structured_dataset_type.columns
        return not have or all(each.name in have and have[each.name] == each.literal_type for each in need)
    if form == "simple":
        return given.simple == wanted.simple or (given.simple, wanted.simple) == (SimpleType.INTEGER, SimpleType.FLOAT)
    return bool(given == wanted)
