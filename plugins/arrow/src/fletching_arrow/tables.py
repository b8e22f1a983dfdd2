"""``pyarrow.Table`` and ``pyarrow.RecordBatch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from fletching.errors import UnsupportedTypeError
from fletching_arrow.frames import FrameTransformer

if TYPE_CHECKING:
    from fletching.extend import TypeTransformer

__all__ = ["RecordBatchTransformer", "TableTransformer", "factory"]


class TableTransformer(FrameTransformer[pa.Table]):
    """Carries ``pyarrow.Table``: without a copy where only Arrow owns its memory."""

    frame_type = pa.Table
    exact = True

    def to_arrow(self, frame: pa.Table) -> pa.Table:
        """Return the table itself."""
        return frame

    def from_arrow(self, table: pa.Table) -> pa.Table:
        """Return the table itself."""
        return table


class RecordBatchTransformer(FrameTransformer[pa.RecordBatch]):
    """Carries ``pyarrow.RecordBatch`` as a table of one batch."""

    frame_type = pa.RecordBatch
    exact = True

    def to_arrow(self, frame: pa.RecordBatch) -> pa.Table:
        """Return a table over the batch's memory."""
        return pa.Table.from_batches([frame])

    def from_arrow(self, table: pa.Table) -> pa.RecordBatch:
        """Return the rows as one batch."""
        if not table.num_rows or not table.num_columns:
            empty = pa.RecordBatch.from_pylist([], schema=table.schema)
            return (table.to_batches() or [empty])[0]
        (batch,) = table.combine_chunks().to_batches()
        return batch


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a class of pyarrow."""
    if annotation is pa.Table:
        return TableTransformer(annotation, extras)
    if annotation is pa.RecordBatch:
        return RecordBatchTransformer(annotation, extras)
    if isinstance(annotation, type) and issubclass(annotation, pa.RecordBatchReader):
        raise UnsupportedTypeError(
            "pyarrow.RecordBatchReader can be read once, and passing it on would use it up; return a pyarrow.Table, "
            "or a StructuredDataset and read it with .open(pyarrow.RecordBatch).iter()"
        )
    return None
