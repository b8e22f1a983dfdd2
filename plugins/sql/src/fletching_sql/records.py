"""Rows as dataclasses, typed dicts or pydantic models: columns matched with fields by name."""

from __future__ import annotations

import dataclasses
import typing
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, close_match
from fletching.extend import type_name
from fletching_sql.cells import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fletching_sql.cells import Cell

__all__ = ["Record", "record"]


class Record:
    """How one class is made of one row."""

    def __init__(self, make: Callable[..., Any], cells: dict[str, Cell], required: frozenset[str], name: str) -> None:
        self.make = make
        self.cells = cells
        self.required = required
        self.name = name

    def columns(self, names: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
        """Return what makes the class of a row with these columns; raise `ConversionError` if they don't match."""
        cells = self.cells
        unknown = [name for name in names if name not in cells]
        missing = [name for name in cells if name in self.required and name not in names]
        if unknown or missing or len(set(names)) < len(names):
            raise self.mismatch(names, unknown, missing)
        wanted = [(name, cells[name]) for name in names]
        make = self.make

        def build(row: Sequence[Any]) -> Any:
            values = {}
            for (name, convert), value in zip(wanted, row, strict=True):
                try:
                    values[name] = convert(value)
                except ConversionError as error:
                    raise error.at(f".{name}") from None
            return make(**values)

        return build

    def mismatch(self, names: Sequence[str], unknown: list[str], missing: list[str]) -> ConversionError:
        if unknown:
            hint = f"column {unknown[0]!r} is no field of {self.name}{close_match(unknown[0], missing or self.cells)}"
        elif missing:
            hint = f"field {missing[0]!r} has no column; select it, or give the field a default"
        else:
            twice = next(name for name in names if list(names).count(name) > 1)
            hint = f"column {twice!r} comes twice; rename one with as"
        return ConversionError(f"the columns {', '.join(self.cells)}", f"the columns {', '.join(names)}", hint=hint)

    def from_mapping(self, value: Any) -> Any:
        """Make the class of a nested row, as DuckDB gives a struct."""
        if not isinstance(value, dict):
            from fletching_sql.cells import wrong

            raise wrong(self.make, value)
        return self.columns(list(value))(list(value.values()))


def record(cls: Any, owner: str, *, loose: bool = False) -> Record:
    """Return how ``cls`` is made of a row; `ConfigError` if a field is of a type no column holds."""
    name = type_name(cls)
    if hasattr(cls, "model_validate") and not dataclasses.is_dataclass(cls):
        declared = cls.model_fields
        cells = {key: cell(Any, owner) for key in declared}
        required = frozenset(key for key, field in declared.items() if field.is_required())
        return Record(lambda **values: cls.model_validate(values), cells, required, name)
    hints = typing.get_type_hints(cls, include_extras=True)
    if typing.is_typeddict(cls):
        cells = {key: cell(unwrapped(hint), owner, loose=loose) for key, hint in hints.items()}
        return Record(dict, cells, frozenset(cls.__required_keys__), name)
    chosen = [field for field in dataclasses.fields(cls) if field.init]
    cells = {field.name: cell(hints[field.name], owner, loose=loose) for field in chosen}
    absent = dataclasses.MISSING
    required = frozenset(field.name for field in chosen if field.default is absent and field.default_factory is absent)
    return Record(cls, cells, required, name)


def unwrapped(hint: Any) -> Any:
    """Return the type inside ``Required[X]`` or ``NotRequired[X]``."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) in (typing.Required, typing.NotRequired) else hint
