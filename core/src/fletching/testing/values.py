"""Comparing values more strictly than ``==``, and finding what two of them share."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import types
from pathlib import PurePath
from typing import Any

__all__ = ["alike", "mutable_parts"]

IMMUTABLE = (
    *(bool, bytes, complex, decimal.Decimal, enum.Enum, float, int, PurePath, range, str, types.NoneType),
    *(dt.date, dt.time, dt.timedelta, dt.tzinfo),
    *(type, types.BuiltinFunctionType, types.FunctionType, types.ModuleType),
)
"""What two values may share without one noticing what happens to the other."""


def alike(one: Any, other: Any) -> bool:
    """Return whether two values are equal, of the same types all the way down; a NaN equals a NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (one != one and other != other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        # The order of a map is not kept on the wire.
        return one.keys() == other.keys() and all(alike(value, other[key]) for key, value in one.items())
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        return all(alike(getattr(one, part.name), getattr(other, part.name)) for part in dataclasses.fields(one))
    return bool(one == other)


def mutable_parts(value: Any, immutable: tuple[type, ...] = ()) -> dict[int, Any]:
    """Return every object reachable from ``value`` that can change, by its id.

    Args:
        value: where to start; containers, and the attributes of objects, are followed.
        immutable: further types whose instances count as values: neither reported nor followed.
    """
    found: dict[int, Any] = {}
    seen: set[int] = set()
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, (*IMMUTABLE, *immutable)) or id(one) in seen:
            continue
        seen.add(id(one))
        # An empty tuple or frozenset is one object for the whole process, and a full one only as mutable as its parts.
        if not isinstance(one, (tuple, frozenset)) and not _frozen(one):
            found[id(one)] = one
        if isinstance(one, dict):
            ahead += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            ahead += one
        ahead += getattr(one, "__dict__", {}).values()
        ahead += [getattr(one, name) for base in type(one).__mro__ for name in _slots(base) if hasattr(one, name)]
    return found


def _frozen(value: Any) -> bool:
    return bool(dataclasses.is_dataclass(value) and getattr(type(value), "__dataclass_params__").frozen)  # noqa: B009


def _slots(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
