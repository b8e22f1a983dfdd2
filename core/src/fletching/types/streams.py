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


class StreamTransformer(PlaceTransformer):
    """Opens the file that a path, a `FlyteFile` or a blob names; a remote one is read as a stream.

    What is open already cannot be passed on: another process has no part in it.
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
            raise ConversionError(
                "the path of a file, or a FlyteFile", preview(value), hint="what is open here is not open elsewhere"
            )
        return super().accept(value)

    def carry(self, value: Any, /) -> IO[Any]:
        given = self.accept(value)
        return self.found(self.where(given, store=False), None)

    def found(self, uri: str, metadata: dict[str, str] | None) -> IO[Any]:
        file: FlyteFile = super().found(uri, metadata)
        return file.open("r" if self.is_text else "rb")

    def has_plain(self) -> bool:
        return False


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly these classes."""
    return StreamTransformer(annotation) if annotation in (TextIO, BinaryIO) else None
