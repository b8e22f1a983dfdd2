"""Stored inputs and outputs as JSON-like data, without the code that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core.interface_pb2 import VariableMap
    from flyteidl.core.literals_pb2 import Literal, LiteralMap
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.run.store import RunStore

__all__ = ["plain_inputs", "plain_outputs"]


def plain_inputs(store: RunStore, run_id: str) -> dict[str, Any] | None:
    """Return a run's inputs by name, or None if they are not kept."""
    found = store.inputs(run_id)
    return None if found is None else _plain(found[0].inputs, found[1])


def plain_outputs(store: RunStore, run_id: str, path: str | None = None) -> dict[str, Any] | None:
    """Return the outputs of a run, or of its node at ``path``, by name; None if none are kept."""
    found = store.outputs(run_id, path)
    return None if found is None else _plain(found[0].outputs, found[1])


def _plain(described: VariableMap, values: LiteralMap) -> dict[str, Any]:
    kinds = described.variables
    # A message does not keep the order of names; o10 comes after o9.
    names = sorted(values.literals, key=lambda name: (len(name), name) if name[:1] == "o" else (0, name))
    return {name: _value(kinds[name].type, values.literals[name]) for name in names if name in kinds}


def _value(kind: LiteralType, literal: Literal) -> Any:
    """Return a value; where it lies for one that is a file, a table or a pickle: nothing of it is opened."""
    from fletching.cli.values import plain
    from fletching.types.engine import transformer
    from fletching.types.guess import guess_python_type

    place = _place(literal)
    if place is not None:
        return place
    try:
        annotation = guess_python_type(kind)
        return plain(transformer(annotation).to_python(literal), annotation)
    except Exception:  # noqa: BLE001 - a type that only the code knows; the message itself is better than nothing
        return str(literal).strip()


def _place(literal: Literal) -> Any:
    form = literal.WhichOneof("value")
    if form == "collection":
        inner = [_place(one) for one in literal.collection.literals]
        return inner if inner and None not in inner else None
    if form == "map":
        found = {name: _place(one) for name, one in literal.map.literals.items()}
        return found if found and None not in found.values() else None
    if form == "scalar":
        scalar = literal.scalar.WhichOneof("value")
        if scalar == "union":
            return _place(literal.scalar.union.value)
        if scalar in ("blob", "structured_dataset"):
            return str(getattr(literal.scalar, scalar).uri)
    return None
