"""Interfaces and their values as Flyte messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType

from fletching.errors import CallError, ConversionError, UnsupportedTypeError, close_match
from fletching.types.engine import transformer
from fletching.types.offload import read_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.interface import Interface

__all__ = ["from_literal_map", "guess_python_type", "to_literal_map", "typed_interface"]


def typed_interface(interface: Interface) -> TypedInterface:
    """Return the wire form of an interface. A variable without text in the docstring is described by its own name."""
    docstring = interface.docstring
    made = TypedInterface(inputs=VariableMap(), outputs=VariableMap())  # present on the wire also where empty
    inputs: Mapping[str, str] = docstring.input_descriptions if docstring is not None else {}
    outputs: Mapping[str, str] = docstring.output_descriptions if docstring is not None else {}
    if len(outputs) == 1:
        # The usual "Returns:" has one text for whatever is returned.
        outputs = dict.fromkeys(interface.outputs, next(iter(outputs.values())))
    _variables(made.inputs, interface.inputs, inputs)
    _variables(made.outputs, interface.outputs, outputs)
    return made


def to_literal_map(
    types: Mapping[str, Any], values: Mapping[str, Any], *, task: str = "", kind: str = "argument"
) -> LiteralMap:
    """Return the wire form of inputs or outputs.

    Args:
        types: the annotation of each name.
        values: what to write; a name that is absent is left out.
        task: the name an error starts with.
        kind: ``argument`` or ``output``, for errors.
    """
    made = LiteralMap()
    _check_names(types, values, task)
    for name, value in values.items():
        try:
            transformer(types[name]).fill(made.literals[name], value)
        except ConversionError as error:
            error.within(task, f"{kind} {name!r}")
            raise
    return made


def from_literal_map(
    types: Mapping[str, Any], literal_map: LiteralMap, *, task: str = "", kind: str = "argument"
) -> dict[str, Any]:
    """Return the values of a map in the order of ``types``; a name that is absent is left out."""
    literals = literal_map.literals
    _check_names(types, literals, task)
    values = {}
    for name, annotation in types.items():
        if name in literals:
            try:
                values[name] = read_literal(transformer(annotation), literals[name])
            except ConversionError as error:
                error.within(task, f"{kind} {name!r}")
                raise
    return values


def guess_python_type(literal_type: LiteralType) -> Any:
    """Return the annotation that writes a wire type, for entities whose Python code is not at hand.

    Objects come as ``dict``: their class is not on the wire.
    """
    form = literal_type.WhichOneof("type")
    if form == "simple":
        found = _simple().get(literal_type.simple)
        if found is not None:
            return found
    if form == "collection_type":
        return list[guess_python_type(literal_type.collection_type)]  # type: ignore[misc]  # made at run time
    if form == "map_value_type":
        return dict[str, guess_python_type(literal_type.map_value_type)]  # type: ignore[misc]
    if form == "union_type":
        from typing import Union

        variants = tuple(guess_python_type(one) for one in literal_type.union_type.variants)
        return Union[variants]  # noqa: UP007 - a tuple made at run time
    if form == "enum_type":
        import typing

        return typing.Literal[tuple(literal_type.enum_type.values)]
    if form == "blob":
        return _blob(literal_type.blob)
    raise UnsupportedTypeError(f"no Python type is known for the wire type {str(literal_type).strip()!r}")


def _simple() -> Mapping[int, Any]:
    from datetime import datetime, timedelta

    return {
        SimpleType.NONE: type(None),
        SimpleType.INTEGER: int,
        SimpleType.FLOAT: float,
        SimpleType.STRING: str,
        SimpleType.BOOLEAN: bool,
        SimpleType.DATETIME: datetime,
        SimpleType.DURATION: timedelta,
        SimpleType.STRUCT: dict,
    }


def _blob(blob: BlobType) -> Any:
    from fletching.types.files import FlyteDirectory, FlyteFile
    from fletching.types.pickled import Pickled

    # To a checker these are not generic; what they give when indexed exists only at run time.
    pickled: Any = Pickled
    if blob.format == "PythonPickle":
        return pickled[Any]
    found: Any = FlyteDirectory if blob.dimensionality == BlobType.BlobDimensionality.MULTIPART else FlyteFile
    return found[blob.format] if blob.format else found


def _variables(target: VariableMap, types: Mapping[str, Any], descriptions: Mapping[str, str]) -> None:
    for name, annotation in types.items():
        variable = target.variables[name]
        variable.type.CopyFrom(transformer(annotation).literal_type())
        variable.description = descriptions.get(name) or name


def _check_names(types: Mapping[str, Any], given: Mapping[str, Any], task: str) -> None:
    for name in given:
        if name not in types:
            head = f"{task}: " if task else ""
            raise CallError(f"{head}nothing is named {name!r}{close_match(name, types)}")
