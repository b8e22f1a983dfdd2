"""What each input of a SQL task is to its query: a bound value, a checked name or a table."""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import typing
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import ConfigError
from fletching_sql.cells import stripped
from fletching_sql.identifiers import Allowed, Identifier
from fletching_sql.tables import is_file, is_frame, is_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Inputs", "sort_inputs"]

SCALARS = (
    bool,
    bytes,
    datetime.date,
    datetime.datetime,
    datetime.timedelta,
    decimal.Decimal,
    float,
    int,
    str,
    uuid.UUID,
)


class Inputs(NamedTuple):
    """The names of a task's inputs by what they are to the query."""

    bound: tuple[str, ...]
    """Values and identifiers: they need a placeholder."""
    tables: tuple[str, ...]
    """Tables: they are selected from by name."""
    limited: frozenset[str]
    """Identifiers on a list of the author's."""
    rows: Mapping[str, type]
    """Tables that are lists of a dataclass, with the dataclass."""


def sort_inputs(types_of: Mapping[str, Any], owner: str) -> Inputs:
    """Sort inputs by their annotations; `ConfigError` names one that is no use to a query."""
    bound, tables, limited, rows = [], [], set(), {}
    for name, annotation in types_of.items():
        kind = stripped(annotation)
        if is_table(kind):
            tables.append(name)
            if is_rows(kind):
                (rows[name],) = typing.get_args(kind)
            continue
        bound.append(name)
        if kind is Identifier:
            if any(isinstance(extra, Allowed) for extra in extras(annotation)):
                limited.add(name)
        elif not is_scalar(typing.get_args(kind)[0] if typing.get_origin(kind) is list else kind):
            from fletching.extend import type_name

            raise ConfigError(
                f"{owner}: input {name!r} of type {type_name(kind)} cannot be bound; "
                "use a scalar, a list of scalars, an Identifier, a table, a file or a list of dataclasses"
            )
    return Inputs(tuple(bound), tuple(tables), frozenset(limited), rows)


def is_table(annotation: Any) -> bool:
    return is_frame(annotation) or is_file(annotation) or is_rows(annotation)


def is_scalar(annotation: Any) -> bool:
    """Tell whether every value of an annotation is one value to a database."""
    annotation = stripped(annotation)
    if annotation is type(None) or annotation is None:
        return True
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return all(map(is_scalar, typing.get_args(annotation)))
    if typing.get_origin(annotation) is typing.Literal:
        return True
    return isinstance(annotation, type) and (issubclass(annotation, SCALARS) or issubclass(annotation, enum.Enum))


def extras(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())
