"""Signatures as a backend has them: an `Interface` of one, and whether one is still what is written here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, DriftError, WireError
from fletching.interface import Interface
from fletching.types.display import type_name
from fletching.types.engine import transformer
from fletching.types.guess import guess_python_type
from fletching.types.idl import typed_interface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["check_signature", "interface_from_idl"]


def interface_from_idl(interface: TypedInterface, parameters: ParameterMap | None = None) -> Interface:
    """Return the interface of something that lives on a backend, with the Python types that write its wire types.

    The wire keeps no order: inputs and outputs are in the order of their names, ``o2`` before ``o10``.

    Args:
        interface: as registered.
        parameters: the inputs of a launch plan; what has a default there has it here.

    Raises:
        UnsupportedTypeError: no Python type writes one of the wire types.
        WireError: a default does not fit its own type.
    """
    inputs: dict[str, Any] = {}
    for name, variable in _ordered(interface.inputs.variables):
        kind = guess_python_type(variable.type)
        inputs[name] = kind
        parameter = parameters.parameters.get(name) if parameters is not None else None
        if parameter is not None and parameter.HasField("default"):
            try:
                inputs[name] = kind, transformer(kind).to_python(parameter.default)
            except ConversionError as error:
                raise WireError(f"the default of input {name!r} cannot be read: {error}") from error
    outputs = {name: guess_python_type(variable.type) for name, variable in _ordered(interface.outputs.variables)}
    return Interface(inputs, outputs)


def check_signature(
    local: Interface, fetched: TypedInterface, what: str, parameters: ParameterMap | None = None
) -> None:
    """Compare the signature written here with the one that is registered.

    Names have to be the same and types mean the same on the wire; what a dataclass consists of, and other notes that
    writers leave beside a type, do not count.

    Args:
        local: as written here.
        fetched: as registered.
        what: what it is of, for the message: ``task 'x' of version 'v'``.
        parameters: the inputs of a launch plan; those with a default there need not be written here.

    Raises:
        DriftError: they differ; the message shows both.
    """
    ours = typed_interface(local)
    given = parameters.parameters if parameters is not None else {}
    optional = frozenset(name for name, parameter in given.items() if parameter.HasField("default"))
    problems = [
        *_differences("input", ours.inputs.variables, fetched.inputs.variables, optional),
        *_differences("output", ours.outputs.variables, fetched.outputs.variables, frozenset()),
    ]
    if problems:
        raise DriftError(
            f"{what} has another signature than the one written here: {'; '.join(problems)}\n"
            f"  here:       {_told(ours)}\n"
            f"  registered: {_told(fetched)}\n"
            "change the one here, or refer to another version"
        )


def _differences(
    side: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], optional: frozenset[str]
) -> Iterator[str]:
    for name in _names({**ours, **theirs}):
        if name not in theirs:
            yield f"{side} {name!r} is only here"
        elif name not in ours:
            if name not in optional:
                yield f"{side} {name!r} is only registered"
        elif not _alike(ours[name].type, theirs[name].type):
            here, there = _kind(ours[name].type), _kind(theirs[name].type)
            yield f"{side} {name!r} is {here} here and registered as {there}"


def _alike(one: LiteralType, other: LiteralType) -> bool:
    """Whether two wire types mean the same, whatever their writers noted beside them."""
    form = one.WhichOneof("type")
    if form != other.WhichOneof("type"):
        return False
    if form == "simple":
        return bool(one.simple == other.simple)
    if form == "collection_type":
        return _alike(one.collection_type, other.collection_type)
    if form == "map_value_type":
        return _alike(one.map_value_type, other.map_value_type)
    if form == "union_type":
        variants, left = one.union_type.variants, list(other.union_type.variants)
        for each in variants:
            match = next((at for at, candidate in enumerate(left) if _alike(each, candidate)), None)
            if match is None:
                return False
            del left[match]
        return not left
    if form == "enum_type":
        return sorted(one.enum_type.values) == sorted(other.enum_type.values)
    if form == "blob":
        # A format that is not said is any.
        formats = {one.blob.format, other.blob.format} - {""}
        return one.blob.dimensionality == other.blob.dimensionality and len(formats) <= 1
    if form == "structured_dataset_type":
        return _columns(one) == _columns(other) or not (_columns(one) and _columns(other))
    return bool(one == other)


def _columns(kind: LiteralType) -> list[tuple[str, bytes]]:
    return [
        (column.name, column.literal_type.SerializeToString(deterministic=True))
        for column in kind.structured_dataset_type.columns
    ]


def _told(interface: TypedInterface) -> str:
    """Return a signature as Python would write it."""
    inputs, outputs = (
        ", ".join(f"{name}: {_kind(variable.type)}" for name, variable in _ordered(side.variables))
        for side in (interface.inputs, interface.outputs)
    )
    return f"({inputs}) -> ({outputs})"


def _kind(kind: LiteralType) -> str:
    if kind.HasField("enum_type"):
        return f"one of {', '.join(map(repr, kind.enum_type.values))}"
    try:
        return type_name(guess_python_type(kind))
    except Exception:  # noqa: BLE001 - a type that nothing here can write still has a name to be told by
        return str(kind.WhichOneof("type") or "no type").removesuffix("_type").replace("_", " ")


def _ordered(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _names(variables):
        yield name, variables[name]


def _names(variables: Mapping[str, Any]) -> list[str]:
    return sorted(
        variables,
        key=lambda name: [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in _PARTS.findall(name)],
    )


_PARTS = re.compile(r"[0-9]+|[^0-9]+")
