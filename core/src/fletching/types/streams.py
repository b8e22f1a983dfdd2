"""``TextIO`` and ``BinaryIO``: a file that is open when the task begins, for tasks that only read."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TextIO

from fletching.errors import ConversionError
from fletching.types.display import preview
from fletching.types.file_transformers import PlaceTransformer
from fletching.types.files import FlyteFile

if TYPE_CHECKING:
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.types.base import TypeTransformer
    from fletching.types.places import Place

__all__ = ["StreamTransformer", "factory"]


BUFFER = 1 << 18
"""How many bytes are read at once."""


class Source(io.RawIOBase):
    """The bytes of a file, which is opened by the first read: who is handed a stream need not use it."""

    def __init__(self, file: FlyteFile) -> None:
        self.file = file
        self._opened: IO[bytes] | None = None

    @property
    def name(self) -> str:
        return self.file.path

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.file.remote_source is None or self.file.downloaded

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream().read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream().seek(offset, whence)

    def tell(self) -> int:
        return 0 if self._opened is None else self._opened.tell()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        super().close()

    def _stream(self) -> IO[bytes]:
        if self._opened is None:
            self._opened = self.file.open("rb")
        return self._opened


class StreamTransformer(PlaceTransformer):
    """Opens the file that a path, a `FlyteFile` or a blob names; a remote one is read as a stream.

    What was opened by others cannot be passed on: another process has no part in it.
    """

    def __init__(self, python_type: Any) -> None:
        super().__init__(FlyteFile)
        self.python_type = python_type
        self.is_text = python_type is TextIO
        self.name = "TextIO" if self.is_text else "BinaryIO"

    def literal_type(self) -> LiteralType:
        made = super().literal_type()
        made.blob.format = "text/plain" if self.is_text else "application/octet-stream"
        return made

    def accept(self, value: Any) -> Place:
        if isinstance(value, io.IOBase):
            source = getattr(getattr(value, "buffer", value), "raw", None)
            if isinstance(source, Source):
                return source.file
            raise ConversionError(
                "the path of a file, or a FlyteFile", preview(value), hint="what is open here is not open elsewhere"
            )
        return super().accept(value)

    def carry(self, value: Any, /) -> IO[Any]:
        given = self.accept(value)
        return self.found(self.where(given, store=False), None)

    def found(self, uri: str, metadata: dict[str, str] | None) -> IO[Any]:
        stream = io.BufferedReader(Source(super().found(uri, metadata)), BUFFER)
        return io.TextIOWrapper(stream, encoding="utf-8") if self.is_text else stream

    def has_plain(self) -> bool:
        return False


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly these classes."""
    return StreamTransformer(annotation) if annotation in (TextIO, BinaryIO) else None
