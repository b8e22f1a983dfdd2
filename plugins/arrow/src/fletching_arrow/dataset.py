"""`StructuredDataset`: a table on storage, opened as any kind of frame, and only then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from fletching.errors import ConfigError, UnsupportedTypeError
from fletching.extend import Serializable
from fletching_arrow.config import FrameOptions, checked_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from flyteidl.core.literals_pb2 import StructuredDatasetMetadata

    from fletching_arrow.frames import FrameTransformer

__all__ = ["OpenDataset", "Snapshot", "Source", "StructuredDataset", "frame_reader", "received"]

F = TypeVar("F")


class Source(Protocol):
    """Where the rows of a dataset come from."""

    @property
    def uri(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    def read(self, pick: Any, types: dict[str, pa.DataType]) -> pa.Table: ...
    def iterate(self, pick: Any, types: dict[str, pa.DataType]) -> Iterator[pa.Table]: ...


class StructuredDataset(Serializable):
    """A table as an input or output of a task, whatever kind of frame each side uses.

    Return ``StructuredDataset(dataframe=frame)`` to write a frame, ``StructuredDataset(uri=...)`` to pass on one that
    lies somewhere already. Read with ``dataset.open(pandas.DataFrame).all()``, or ``.iter()`` for chunks.
    """

    __slots__ = ("_dataframe", "_format", "_metadata", "_options", "_source", "_uri")

    def __init__(
        self,
        dataframe: Any = None,
        uri: str | None = None,
        metadata: StructuredDatasetMetadata | None = None,
        file_format: str = "",
    ) -> None:
        if dataframe is None and uri is None:
            raise ConfigError("StructuredDataset() needs a dataframe to write, or the uri of a dataset that exists")
        if uri is not None and not isinstance(uri, str):
            raise ConfigError(f"StructuredDataset() takes uri as a str, not {type(uri).__name__} {uri!r}")
        self._dataframe = dataframe
        self._uri = uri
        self._metadata = metadata
        self._format = checked_format(file_format) if file_format else ""
        self._options = FrameOptions()
        self._source: Source | None = None

    @property
    def dataframe(self) -> Any:
        """The frame this was made of; None for a dataset that was received, which is read with `open`."""
        return self._dataframe

    @property
    def uri(self) -> str | None:
        """Where the dataset lies or is to be written. One that only crossed in memory is written when this is read."""
        return self._source.uri if self._source is not None else self._uri

    @property
    def file_format(self) -> str:
        """``parquet``, ``arrow``, ``feather`` or ``csv``; empty where the annotation or the default decides."""
        return self._format

    @property
    def metadata(self) -> StructuredDatasetMetadata | None:
        """Columns, format and schema as the wire has them; None before the dataset has crossed."""
        if self._metadata is None and self._source is not None:
            from flyteidl.core.literals_pb2 import StructuredDatasetMetadata

            from fletching_arrow.wire import dataset_type

            described = dataset_type(self._options, self._format).structured_dataset_type
            self._metadata = StructuredDatasetMetadata(structured_dataset_type=described)
        return self._metadata

    def open(self, frame_type: type[F]) -> OpenDataset[F]:
        """Return a reader that gives ``frame_type``, like ``Annotated[DataFrame, kwtypes(a=int)]``."""
        return OpenDataset(frame_reader(frame_type).within(self._options), source_of(self))

    def all(self) -> Any:
        """Refuse: `open` says as what to read."""
        raise ConfigError("open the dataset first, as in .open(pandas.DataFrame).all()")

    def iter(self) -> Any:
        """Refuse: `open` says as what to read."""
        raise ConfigError("open the dataset first, as in .open(pandas.DataFrame).iter()")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let a pydantic model have fields of this class."""
        from pydantic_core import core_schema

        from fletching.extend import transformer

        kind = transformer(cls)

        def read(value: Any) -> Any:
            return value if isinstance(value, cls) else kind.from_plain(value)

        write = core_schema.plain_serializer_function_ser_schema(kind.to_plain, when_used="json")
        # With a name of its own the schema of the class stands once in a model's, however many fields have it.
        name = f"{cls.__module__}.StructuredDataset:{id(cls)}"
        return core_schema.no_info_plain_validator_function(read, ref=name, serialization=write)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from fletching_arrow.wire import MODEL_SCHEMA

        return {**MODEL_SCHEMA}

    def __repr__(self) -> str:
        """Return where the rows are; never the rows."""
        from fletching_arrow.display import describe

        if self._dataframe is not None:
            held = f"dataframe=<{describe(self._dataframe)}>"
        elif isinstance(self._source, Snapshot):
            held = repr(self._source)
        else:
            held = f"uri={self.uri!r}"
        return f"StructuredDataset({held}, file_format={self._format!r})"


class OpenDataset(Generic[F]):
    """A dataset that will be read as one kind of frame."""

    __slots__ = ("_reader", "_source")

    def __init__(self, way: FrameTransformer[F], source: Source) -> None:
        self._reader = way
        self._source = source

    def all(self) -> F:
        """Return all rows."""
        return self._reader.read(self._source)

    def iter(self) -> Iterator[F]:
        """Yield the rows in chunks of at most 65,536, in order."""
        return self._reader.iterate(self._source)

    def __iter__(self) -> Iterator[F]:
        """Yield what `iter` yields."""
        return self.iter()


class Snapshot:
    """A dataset that crossed in memory: what a reader of its file would see, and the file if somebody asks for it."""

    columns: tuple[str, ...] = ()

    def __init__(self, table: pa.Table, format: str) -> None:
        self._table = table
        self._format = format
        self._uri: str | None = None
        self._lock = threading.Lock()

    @property
    def uri(self) -> str:
        """Where the table lies; written the first time."""
        from fletching_arrow.wire import write_table

        with self._lock:
            if self._uri is None:
                self._uri = write_table(self._table, self._format)
            return self._uri

    def read(self, pick: Any, types: dict[str, pa.DataType]) -> pa.Table:
        """Return the picked columns."""
        names = pick(self._table.schema)
        return self._table if names is None else self._table.select(names)

    def iterate(self, pick: Any, types: dict[str, pa.DataType]) -> Iterator[pa.Table]:
        """Yield the picked columns in chunks."""
        import pyarrow as pa

        from fletching_arrow.formats import CHUNK

        for batch in self.read(pick, types).to_batches(CHUNK):
            yield pa.Table.from_batches([batch])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the place of its file."""
        from fletching_arrow.wire import Location

        return Location, (self.uri, self._format)

    def __repr__(self) -> str:
        """Return the size."""
        return f"<{self._table.num_rows} rows and {self._table.num_columns} columns in memory>"


def received(
    source: Source, options: FrameOptions, format: str, metadata: StructuredDatasetMetadata | None = None
) -> StructuredDataset:
    """Return the dataset that a task gets: it has crossed, and is read from ``source``."""
    dataset = StructuredDataset.__new__(StructuredDataset)
    dataset._dataframe = dataset._uri = None
    dataset._source, dataset._options, dataset._format, dataset._metadata = source, options, format, metadata
    return dataset


def source_of(dataset: StructuredDataset) -> Source:
    """Return where the rows of a dataset are."""
    from fletching_arrow.wire import Location

    if dataset._source is not None:
        return dataset._source
    file_format = dataset._format or "parquet"
    if dataset._dataframe is None:
        return Location(str(dataset._uri), file_format)
    way = frame_reader(type(dataset._dataframe))
    return Snapshot(way.crossed(way.to_table(dataset._dataframe), file_format), file_format)


def frame_reader(frame_type: Any) -> FrameTransformer[Any]:
    """Return the transformer of a kind of frame; raise `UnsupportedTypeError` for what is none."""
    from fletching.extend import transformer, type_name
    from fletching_arrow.frames import FrameTransformer

    found = transformer(frame_type)
    if not isinstance(found, FrameTransformer):
        raise UnsupportedTypeError(
            f"a StructuredDataset is no {type_name(frame_type)}; it is opened as and made of a pyarrow.Table or "
            "RecordBatch, a pandas.DataFrame, or a polars.DataFrame or LazyFrame"
        )
    return found
