"""LiteralCrossing: the values of one attempt, read from literals and written as literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import CallError, ConversionError

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.interface import Interface

__all__ = ["LiteralCrossing"]


class LiteralCrossing:
    """Reads the inputs of an attempt and writes its outputs; a `fletching.execution.Crossing`.

    A value is converted once on each side, where a local call would carry it as well.

    Args:
        entity: the task whose inputs and outputs they are.
    """

    def __init__(self, entity: Any) -> None:
        self._entity = entity
        self._interface: Interface = entity.python_interface
        self._task = str(entity.short_name)
        self.stage = "before"
        """How far it came: ``before``, ``inputs``, ``work``, ``outputs`` or ``after``; where an error came from."""

    def carry_inputs(self, inputs: LiteralMap) -> dict[str, Any]:
        """Return the values the task sees: those of the literals, and its defaults for what is not among them.

        Raises:
            CallError: there is a name it does not have, or one it needs is missing.
            ConversionError: a literal does not fit.
        """
        from fletching.types.engine import transformer
        from fletching.types.idl import from_literal_map

        if not self._entity.reads_inputs:
            self.stage = "work"
            return {}
        self.stage = "inputs"
        types, defaults = self._interface.inputs, self._interface.defaults
        given = from_literal_map(types, inputs, task=self._task)
        native = {}
        for name, annotation in types.items():
            if name in given:
                native[name] = given[name]
            elif name in defaults:
                native[name] = transformer(annotation).carry(defaults[name])
            elif name not in self._entity.optional_inputs:
                has = ", ".join(map(repr, given)) or "none"
                raise CallError(f"{self._task}: the input {name!r} is missing; the inputs given are: {has}")
        self.stage = "work"
        return native

    def carry_outputs(self, value: Any) -> LiteralMap:
        """Return the literals of what the task returned.

        Raises:
            ConversionError: it does not fit.
        """
        from fletching.types.idl import to_literal_map

        self.stage = "outputs"
        made = to_literal_map(self._interface.outputs, self.named_outputs(value), task=self._task, kind="output")
        self.stage = "after"
        return made

    def named_outputs(self, value: Any) -> dict[str, Any]:
        """Return what the task returned by output.

        Raises:
            ConversionError: it is not that many values.
        """
        names = list(self._interface.outputs)
        if not self._interface.returns_tuple:
            return dict.fromkeys(names, value)
        if len(names) == 1 and not isinstance(value, tuple):
            value = (value,)  # programs written for the Flyte SDK return the one field itself
        if not isinstance(value, (tuple, list)) or len(value) != len(names):
            from fletching.types.display import preview

            raise ConversionError(f"{len(names)} values ({', '.join(names)})", preview(value)).within(
                self._task, "output"
            )
        return dict(zip(names, value, strict=True))
