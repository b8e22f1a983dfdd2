"""What the transformers of tables and frames share: all of them cross as an Arrow table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from fletching.errors import ConversionError
from fletching.extend import TypeTransformer, read_plain
from fletching_arrow import columns, crossing, nested
from fletching_arrow.config import FrameOptions
from fletching_arrow.owned import keep_as, kept_as, own, sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["FrameTransformer"]

F = TypeVar("F")


class FrameTransformer(TypeTransformer[F]):
    """Carries one kind of frame. A subclass says how it becomes an Arrow table and what is made of one.

    Because every kind goes through Arrow, a dataset written as one kind is read as any other, and `carry` needs no
    file: it gives `from_arrow` the table that a file would have held.
    """

    name = "StructuredDataset Transformer"

    frame_type: type[F]
    """The class of the values."""

    exact: ClassVar[bool] = False
    """Whether types that only Arrow tells apart (``string``, ``large_string``) must agree with a declared schema."""

    def __init__(self, python_type: Any, extras: tuple[Any, ...] = ()) -> None:
        super().__init__(python_type)
        self.options = FrameOptions.of(extras)
        columns.checked_column_types(self.options)
        self.format = self.options.format or "parquet"

    @abstractmethod
    def to_arrow(self, frame: F) -> pa.Table:
        """Return ``frame`` as a table, which may share its memory; raise `ConversionError` if Arrow cannot hold it."""

    @abstractmethod
    def from_arrow(self, table: pa.Table) -> F:
        """Return the frame that a table stands for; it may share the table's memory."""

    def literal_type(self) -> LiteralType:
        """Return the wire type: the declared columns, format and schema."""
        from fletching_arrow.wire import dataset_type

        return dataset_type(self.options)

    def to_table(self, frame: F) -> pa.Table:
        """Return what crosses of ``frame``: checked, and no more than the declared columns."""
        from fletching_arrow.display import describe, frame_name

        if not isinstance(frame, self.frame_type):
            raise ConversionError(frame_name(self.frame_type), describe(frame))
        return self.fitting(crossing.checked(self.to_arrow(frame)))

    def fitting(self, table: pa.Table) -> pa.Table:
        """Return the declared columns of a table; raise `ConversionError` for the first that is missing or wrong."""
        if not self.options.names:
            return table
        columns.check(table.schema, self.options, exact=self.exact)
        return columns.narrowed(table, self.options)

    def to_literal(self, value: F, /) -> Literal:
        """Write ``value`` to a new place and return the literal that points there."""
        from fletching_arrow.wire import dataset_literal, write_table

        return dataset_literal(write_table(self.to_table(value), self.format), self.options, self.format)

    def to_python(self, literal: Literal, /) -> F:
        """Read the dataset a literal points to: the declared columns only."""
        from fletching_arrow.wire import Location, is_plain

        if is_plain(literal):
            found: F = read_plain(self, literal)
            return found
        return self.read(Location.of(literal, self))

    def read(self, location: Any) -> F:
        """Return the frame at a `Location`."""
        table = location.read(self.pick(location), columns.csv_types(self.options))
        return self.from_arrow(sealed(self.fitting(self._within_literal(table, location))))

    def iterate(self, location: Any) -> Iterator[F]:
        """Yield the frame at a `Location` in chunks."""
        for table in location.iterate(self.pick(location), columns.csv_types(self.options)):
            yield self.from_arrow(self.fitting(self._within_literal(table, location)))

    def pick(self, location: Any) -> Any:
        """Return the function that chooses, given a file's schema, the columns to read."""

        def chosen(schema: pa.Schema) -> list[str] | None:
            names = self.options.names or tuple(nested.tree(location.columns, schema))
            if not names:
                return None
            columns.check(schema, self.options, exact=self.exact)
            return [*names, *(name for name in columns.index_names(schema) if name not in names)]

        return chosen

    def _within_literal(self, table: pa.Table, location: Any) -> pa.Table:
        if self.options.names:
            return table
        return nested.pruned(table, nested.tree(location.columns, table.schema))

    def carry(self, value: F, /) -> F:
        """Return what a reader would see; memory that only Arrow owns is shared with it, all other is copied."""
        if self.exact and not self.options.names and kept_as(value, self.format):
            return value
        frame = self.from_arrow(self.crossed(self.to_table(value)))
        if self.exact and self.format != "csv":
            keep_as(frame, self.format)
        return frame

    def crossed(self, table: pa.Table, format: str = "") -> pa.Table:
        """Return a table as a reader sees it, in memory that nobody else writes to."""
        seen = crossing.seen(table, format or self.format, columns.csv_types(self.options))
        # A reader checks what it finds, which is another thing where the format changes a type.
        return own(table if seen is table else self.fitting(seen))

    def within(self, options: FrameOptions) -> FrameTransformer[F]:
        """Return the transformer with the columns of ``options``, unless it declares its own."""
        if self.options.names or not options.names:
            return self
        return type(self)(self.python_type, tuple(extra for extra in (options.columns, options.schema) if extra))

    def to_plain(self, value: F, /) -> dict[str, Any]:
        """Return where the dataset lies, as flytekit has it inside a dataclass."""
        dataset = self.to_literal(value).scalar.structured_dataset
        return {"uri": dataset.uri, "file_format": dataset.metadata.structured_dataset_type.format}

    def from_plain(self, data: Any, /) -> F:
        """Return the dataset at the place that ``data`` names."""
        from fletching_arrow.wire import literal_of_plain

        return self.to_python(literal_of_plain(data, self.options))

    def json_schema(self) -> dict[str, Any]:
        """Return the schema of the place."""
        from fletching_arrow.wire import PLAIN_SCHEMA

        return {**PLAIN_SCHEMA}
