"""How a `StructuredDataset` crosses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError
from fletching.extend import TypeTransformer, read_plain
from fletching_arrow.config import FrameOptions
from fletching_arrow.dataset import Snapshot, StructuredDataset, frame_reader, received

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

    from fletching_arrow.dataset import Source

__all__ = ["DatasetTransformer", "factory"]


class DatasetTransformer(TypeTransformer[StructuredDataset]):
    """Carries `StructuredDataset`: a frame is written once, what was received is passed on as it is."""

    name = "StructuredDataset Transformer"

    def __init__(self, python_type: Any, extras: tuple[Any, ...] = ()) -> None:
        super().__init__(python_type)
        self.options = FrameOptions.of(extras)
        if self.options.columns:
            from fletching_arrow.columns import checked_column_types

            checked_column_types(self.options)

    def literal_type(self) -> LiteralType:
        """Return the wire type: the declared columns, format and schema."""
        from fletching_arrow.wire import dataset_type

        return dataset_type(self.options)

    def to_literal(self, value: StructuredDataset, /) -> Literal:
        """Return the literal of a dataset, writing its frame if it was made of one."""
        from fletching_arrow.wire import dataset_literal, write_table

        file_format = self._format_of(value)
        if value.dataframe is None:
            literal = dataset_literal(self._place(value), self.options, file_format)
            if value.metadata is not None and self.options == FrameOptions(format=self.options.format):
                literal.scalar.structured_dataset.metadata.CopyFrom(value.metadata)
                literal.scalar.structured_dataset.metadata.structured_dataset_type.format = file_format
            return literal
        way = frame_reader(type(value.dataframe)).within(self.options)
        uri = write_table(way.to_table(value.dataframe), file_format, value.uri)
        return dataset_literal(uri, self.options, file_format)

    def to_python(self, literal: Literal, /) -> StructuredDataset:
        """Return a dataset that reads nothing before it is opened."""
        from fletching_arrow.wire import Location, is_plain

        if is_plain(literal):
            found: StructuredDataset = read_plain(self, literal)
            return found
        place = Location.of(literal, self)
        metadata = type(literal.scalar.structured_dataset.metadata)()
        metadata.CopyFrom(literal.scalar.structured_dataset.metadata)
        return received(place, self.options, place.format, metadata)

    def carry(self, value: StructuredDataset, /) -> StructuredDataset:
        """Return the dataset as a reader gets it: a frame stays in memory, in the form its file would have."""
        file_format = self._format_of(value)
        # A place the user chose is there for others too, and CSV keeps too little to go without the file.
        if value.dataframe is None or value.uri is not None or file_format == "csv":
            return self._passed_on(value, file_format)
        way = frame_reader(type(value.dataframe)).within(self.options)
        table = way.crossed(way.to_table(value.dataframe), file_format)
        return received(Snapshot(table, file_format), self.options, file_format)

    def to_plain(self, value: StructuredDataset, /) -> dict[str, Any]:
        """Return where the dataset lies, as flytekit has it inside a dataclass."""
        dataset = self.to_literal(value).scalar.structured_dataset
        return {"uri": dataset.uri, "file_format": dataset.metadata.structured_dataset_type.format}

    def from_plain(self, data: Any, /) -> StructuredDataset:
        """Return the dataset at the place that ``data`` names."""
        from fletching_arrow.wire import literal_of_plain

        return self.to_python(literal_of_plain(data, self.options))

    def json_schema(self) -> dict[str, Any]:
        """Return the schema of the place."""
        from fletching_arrow.wire import PLAIN_SCHEMA

        return {**PLAIN_SCHEMA}

    def _passed_on(self, value: StructuredDataset, file_format: str) -> StructuredDataset:
        source: Source | None = value._source
        if isinstance(source, Snapshot):
            return received(source, self.options if self.options.names else value._options, file_format)
        return self.to_python(self.to_literal(value))

    def _format_of(self, value: StructuredDataset) -> str:
        from fletching_arrow.display import FAMILIES, describe

        if not isinstance(value, StructuredDataset):
            is_frame = type(value).__module__.partition(".")[0] in FAMILIES
            hint = "wrap it: StructuredDataset(dataframe=frame)" if is_frame else ""
            raise ConversionError("StructuredDataset", describe(value), hint=hint)
        declared, own = self.options.format, value.file_format
        if declared and own and declared != own:
            raise ConversionError(f"a StructuredDataset of format {declared!r}", f"one of format {own!r}")
        return own or declared or "parquet"

    def _place(self, value: StructuredDataset) -> str:
        from fletching.extend import is_remote, local_path
        from fletching_arrow.wire import nothing_at

        uri = str(value.uri)
        if not is_remote(uri) and not os.path.exists(local_path(uri)):
            raise nothing_at(uri)
        return uri


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of `StructuredDataset`."""
    return DatasetTransformer(annotation, extras) if annotation is StructuredDataset else None
