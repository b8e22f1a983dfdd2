"""Structured datasets on the wire and on disk."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType

from fletching.errors import ConversionError
from fletching.extend import is_remote, local_path, new_blob_path, storage_for
from fletching_arrow.config import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from fletching.extend import TypeTransformer
    from fletching_arrow.config import FrameOptions

__all__ = [
    "MODEL_SCHEMA",
    "PLAIN_SCHEMA",
    "Location",
    "dataset_literal",
    "dataset_type",
    "is_plain",
    "literal_of_plain",
    "nothing_at",
    "write_table",
]

TEXT = [{"type": "string"}, {"type": "null"}]
PLAIN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "StructuredDataset",
    "properties": {"uri": {"anyOf": TEXT, "default": None}, "file_format": {"anyOf": TEXT, "default": ""}},
    "additionalProperties": False,
}
MODEL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "StructuredDataset",
    "properties": {
        "uri": {"anyOf": TEXT, "default": None, "title": "Uri"},
        "file_format": {"anyOf": TEXT, "default": "", "title": "File Format"},
    },
}
"""The same in pydantic's words."""


def dataset_type(options: FrameOptions, format: str = "") -> LiteralType:
    """Return the wire type of frames with these options."""
    from fletching.extend import transformer
    from fletching_arrow.nested import flat

    result = LiteralType()
    dataset = result.structured_dataset_type
    dataset.SetInParent()
    for name, declared in flat(options.columns):
        dataset.columns.add(name=name, literal_type=transformer(declared).literal_type())
    dataset.format = format or options.format
    if options.schema is not None:
        dataset.external_schema_type = "arrow"
        # The text and not the serialized schema: that is what flytekit compares.
        dataset.external_schema_bytes = options.schema.to_string().encode()
    return result


def dataset_literal(uri: str, options: FrameOptions, format: str) -> Literal:
    """Return the literal of a dataset that lies at ``uri``."""
    literal = Literal()
    literal.scalar.structured_dataset.uri = uri
    described = dataset_type(options, format).structured_dataset_type
    literal.scalar.structured_dataset.metadata.structured_dataset_type.CopyFrom(described)
    return literal


def literal_of_plain(data: Any, options: FrameOptions) -> Literal:
    """Return the literal that stands for a dataset inside a dataclass."""
    if not isinstance(data, dict) or not isinstance(data.get("uri"), str) or not _is_text(data.get("file_format")):
        from fletching.extend import preview

        raise ConversionError("a dataset as {'uri': …, 'file_format': …}", preview(data))
    return dataset_literal(data["uri"], options, data.get("file_format") or options.format)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def is_plain(literal: Literal) -> bool:
    """Tell whether a literal is a piece of an object: what a backend makes of ``promise.frame``."""
    return literal.scalar.WhichOneof("value") in ("binary", "generic")


def write_table(table: pa.Table, format: str, uri: str | None = None) -> str:
    """Write ``table`` into a dataset folder, a new one unless ``uri`` names one, and return its URI."""
    from fletching_arrow.formats import FILE_NAMES, write

    name = FILE_NAMES[format]
    if uri is None:
        uri = new_blob_path(name)[: -len(name) - 1]
    if is_remote(uri):
        place = f"{uri.rstrip('/')}/{name}"
        with storage_for(place).open(place, "wb") as stream:
            write(table, stream, format)
        return uri
    folder = local_path(uri)
    os.makedirs(folder, exist_ok=True)
    # Under another name first: a reader, or a second attempt, never meets half a file.
    unfinished = os.path.join(folder, f".{os.urandom(8).hex()}")
    try:
        write(table, unfinished, format)
        os.replace(unfinished, os.path.join(folder, name))
    finally:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
    return uri


def nothing_at(uri: str) -> ConversionError:
    """Return the error about a dataset that is not where it should be."""
    return ConversionError("a dataset", f"nothing at {uri!r}", hint="the file was removed, or never written")


@dataclass(frozen=True)
class Location:
    """Where a dataset lies and how it is written."""

    uri: str
    format: str
    columns: tuple[str, ...] = ()
    """The columns that its literal declares, with dots before those within others; empty: all."""

    @classmethod
    def of(cls, literal: Literal, reader: TypeTransformer[Any]) -> Location:
        """Return the place that a literal names; raise `ConversionError` if it is none of a dataset."""
        from fletching.extend import describe_literal
        from fletching_arrow.display import frame_name

        form = literal.scalar.WhichOneof("value")
        if form == "schema":
            # What tables were before there were datasets: always Parquet.
            table = literal.scalar.schema
            return cls(table.uri, "parquet", tuple(column.name for column in table.type.columns))
        if form != "structured_dataset":
            expected = getattr(reader, "frame_type", reader.python_type)
            raise ConversionError(frame_name(expected), describe_literal(literal))
        dataset = literal.scalar.structured_dataset
        described = dataset.metadata.structured_dataset_type
        found = described.format or "parquet"
        if found not in FORMATS:
            raise ConversionError(
                f"a dataset in one of the formats {', '.join(map(repr, FORMATS))}", f"the format {found!r}"
            )
        return cls(dataset.uri, found, tuple(column.name for column in described.columns))

    def read(self, pick: Any, types: dict[str, pa.DataType]) -> pa.Table:
        """Return the table; `formats.read` says what the arguments are."""
        import pyarrow as pa

        from fletching_arrow.formats import read

        with self._local() as folder:
            tables = [read(file, self.format, pick, types) for file in self._files(folder)]
        return tables[0] if len(tables) == 1 else pa.concat_tables(tables)

    def iterate(self, pick: Any, types: dict[str, pa.DataType]) -> Iterator[pa.Table]:
        """Yield the table in chunks."""
        from fletching_arrow.formats import iterate

        with self._local() as folder:
            for file in self._files(folder):
                yield from iterate(file, self.format, pick, types)

    @contextmanager
    def _local(self) -> Iterator[str]:
        """Give a local path, for a remote dataset that of a copy which is removed again."""
        if not is_remote(self.uri):
            yield local_path(self.uri)
            return
        import tempfile

        with tempfile.TemporaryDirectory(prefix="fletching-") as scratch:
            copy = os.path.join(scratch, "dataset")
            storage_for(self.uri).download(self.uri, copy)
            yield copy

    def _files(self, place: str) -> list[str]:
        if os.path.isfile(place):
            return [place]
        from fletching_arrow.formats import FILE_NAMES

        one = os.path.join(place, FILE_NAMES[self.format])
        if os.path.isfile(one):
            return [one]
        # Other writers make several files and put their own notes beside them.
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        files = [os.path.join(place, name) for name in names if name[0] not in "._"]
        files = [file for file in files if os.path.isfile(file)]
        if not files:
            raise nothing_at(self.uri)
        return files
