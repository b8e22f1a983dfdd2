"""What stands beside a frame in ``Annotated``: columns, a schema, a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, close_match
from fletching_arrow import nested

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMATS", "FrameOptions", "checked_format"]

FORMATS = ("parquet", "arrow", "feather", "csv")
"""Formats a frame is written in; ``feather`` is the second name of ``arrow``, the Arrow IPC file."""


@dataclass(frozen=True, kw_only=True)
class FrameOptions:
    """The extras of one annotation, checked."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    """Column names and Python types, from ``kwtypes`` or a dataclass; a dict is a column of columns; empty: all."""
    schema: pa.Schema | None = None
    """Arrow schema; like `columns` it names all that crosses."""
    format: str = ""
    """Empty: Parquet."""

    @classmethod
    def of(cls, extras: tuple[Any, ...]) -> FrameOptions:
        """Return the options in ``extras``; what is none of them (hashes, renderers) belongs to others."""
        found: dict[str, Any] = {}
        for extra in extras:
            if isinstance(extra, str):
                key = "format"
                checked_format(extra)
            elif nested.names_columns(extra):
                key = "columns"
            elif _is_schema(extra):
                key = "schema"
            else:
                continue
            if key in found:
                raise ConfigError(
                    f"one annotation has two of {key}, {_short(found[key])} and {_short(extra)}; keep one"
                )
            found[key] = nested.plain(extra) if key == "columns" else extra
        return cls(**found)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that cross, in order; empty if all do."""
        if self.schema is None:
            return tuple(self.columns)
        return tuple(dict.fromkeys((*self.schema.names, *self.columns)))


def checked_format(name: str) -> str:
    """Return ``name`` if frames can be written so; raise `ConfigError` with what they can."""
    if name not in FORMATS:
        raise ConfigError(
            f"unknown frame format {name!r}{close_match(name, FORMATS)}; known are {', '.join(map(repr, FORMATS))}"
        )
    return name


def _is_schema(extra: Any) -> bool:
    import sys

    arrow = sys.modules.get("pyarrow")
    return arrow is not None and isinstance(extra, arrow.Schema)


def _short(value: Any) -> str:
    return repr(dict(value)) if isinstance(value, Mapping) else repr(value)
