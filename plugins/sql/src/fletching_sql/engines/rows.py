"""Rows of a DB-API cursor as an `Answer`: Python tuples as they are, or typed Arrow batches."""

from __future__ import annotations

import decimal
import uuid
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError
from fletching_sql.engines.base import BATCH, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

__all__ = ["RowsAnswer"]


class RowsAnswer(Answer):
    """What a cursor gives, fetched `BATCH` rows at a time."""

    def __init__(
        self,
        names: tuple[str, ...],
        fetch: Callable[[int], Sequence[Sequence[Any]]],
        changed: int | None = None,
        types: Callable[[], Sequence[pa.DataType | None]] | None = None,
    ) -> None:
        self.names = names
        self.changed = changed
        self.fetch = fetch
        self.types = types
        """The columns' Arrow types where the database tells them; None for one that must be guessed from its values."""

    def rows(self) -> Iterator[Sequence[Any]]:
        while found := self.fetch(BATCH):
            yield from found

    def reader(self) -> pa.RecordBatchReader:
        import pyarrow as pa

        first = self.fetch(BATCH)
        known = list(self.types()) if self.types else [None] * len(self.names)
        columns = list(zip(*first, strict=True)) if first else [()] * len(self.names)
        kinds = [
            known_type if known_type is not None else guessed(name, column, last=len(first) < BATCH)
            for name, column, known_type in zip(self.names, columns, known, strict=True)
        ]
        schema = pa.schema(list(zip(self.names, kinds, strict=True)))
        return pa.RecordBatchReader.from_batches(schema, self.batches(schema, first))

    def batches(self, schema: pa.Schema, first: Sequence[Sequence[Any]]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        start, rows = 0, first
        while rows:
            columns = [
                array(field.name, column, field.type, start)
                for field, column in zip(schema, zip(*rows, strict=True), strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
            start += len(rows)
            rows = self.fetch(BATCH)


def array(name: str, values: Sequence[Any], kind: pa.DataType, start: int) -> pa.Array:
    """Return a column of one batch; the first value that does not fit is named."""
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError):
        pass
    values = [plain(value, pa.types.is_string(kind)) for value in values]
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError) as error:
        raise misfit(name, values, kind, start) from error


def misfit(name: str, values: Sequence[Any], kind: pa.DataType, start: int) -> ConversionError:
    """Return the error for the first value that is not of the column's type."""
    import pyarrow as pa

    from fletching.extend import preview

    hint = f"cast column {name!r} to one type in the query"
    for index, value in enumerate(values):
        try:
            pa.array([value], kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError):
            return ConversionError(str(kind), preview(value), hint=hint).at(f"[{start + index}].{name}")
    return ConversionError(str(kind), "values of several types", hint=hint)


def guessed(name: str, values: Sequence[Any], *, last: bool) -> pa.DataType:
    """Return the Arrow type of a column from the values of its first batch."""
    import pyarrow as pa

    values = [plain(value) for value in values if value is not None]
    if not values:
        # More rows follow, and a stream cannot change its mind: text is what most such columns turn out to hold.
        return pa.null() if last else pa.string()
    if isinstance(values[0], decimal.Decimal):
        return decimal_type(values)
    try:
        return pa.array(values).type
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError) as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise ConversionError(
            "one type", f"values of {kinds}", hint=f"column {name!r} mixes types; cast it to one type in the query"
        ) from error


def decimal_type(values: Sequence[Any]) -> pa.DataType:
    import pyarrow as pa

    exponents = [value.as_tuple().exponent for value in values if isinstance(value, decimal.Decimal)]
    scale = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
    whole = max(
        (value.adjusted() + 1 for value in values if isinstance(value, decimal.Decimal) and value.is_finite()),
        default=1,
    )
    scale = max(scale, 0)
    return pa.decimal128(38, scale) if max(whole, 0) + scale <= 38 else pa.decimal256(76, scale)


def plain(value: Any, as_text: bool = False) -> Any:
    """Return a driver's value as one Arrow has a type for; what is nested becomes JSON, and ``as_text`` any list."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, memoryview):
        return bytes(value)
    nested = isinstance(value, list) and (as_text or any(isinstance(one, (dict, list)) for one in value))
    if nested or isinstance(value, dict):
        import json

        return json.dumps(value, default=str)
    return value
