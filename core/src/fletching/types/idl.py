"""Interfaces and their values as Flyte messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import LiteralMap

from fletching.errors import CallError, ConversionError, FletchingError, close_match
from fletching.interface import accepts_none
from fletching.types.engine import transformer
from fletching.types.offload import read_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.interface import Interface

__all__ = ["from_literal_map", "parameter_map", "to_literal_map", "typed_interface"]


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


def parameter_map(interface: Interface, variables: VariableMap) -> ParameterMap:
    """Return the inputs of an interface with their defaults.

    Args:
        interface: what is called.
        variables: the wire form of its inputs; may have more.

    Raises:
        ConversionError: a default does not fit its type.
    """
    made = ParameterMap()
    for name, kind in interface.inputs.items():
        parameter = made.parameters[name]
        parameter.var.CopyFrom(variables.variables[name])
        default = interface.defaults.get(name)
        if default is not None:
            transformer(kind).fill(parameter.default, default)
        elif accepts_none(kind):
            parameter.default.scalar.none_type.SetInParent()
        else:
            parameter.required = True
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
            except FletchingError as error:  # of the place where a file is
                error.add_note(f"in {task}: {kind} {name!r}" if task else f"in {kind} {name!r}")
                raise
    return values


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
