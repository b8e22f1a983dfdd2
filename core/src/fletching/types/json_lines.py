"""``Iterator[JSON]``: any number of JSON values, one a line of a file, read while they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from fletching.errors import ConversionError
from fletching.types.base import TypeTransformer
from fletching.types.containers import each
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["JSON", "JsonLinesTransformer"]

JSON: TypeAlias = dict[str, Any] | list[Any] | bool | float | int | str
"""What a line of a JSON lines file holds: the items of ``Iterator[JSON]``."""

FORMAT = "jsonl"


class JsonLinesTransformer(TypeTransformer[Iterator[Any]]):
    """Carries an iterator of JSON values. Carrying or writing one consumes it; tuples in it arrive as lists."""

    name = "JSON Iterator"

    def literal_type(self) -> LiteralType:
        from flyteidl.core.types_pb2 import BlobType, LiteralType

        made = LiteralType(blob=BlobType(format=FORMAT, dimensionality=BlobType.SINGLE))
        made.metadata["format"] = "json iterator"
        return made

    def carry(self, value: Iterator[Any], /) -> Iterator[Any]:
        lines: list[str] = each(self._line, self._checked(value))
        return map(json.loads, lines)

    def to_literal(self, value: Iterator[Any], /) -> Literal:
        from flyteidl.core.literals_pb2 import Literal

        from fletching.types.blobs import new_blob_path, write_at

        items = self._checked(value)
        place = new_blob_path(f"items.{FORMAT}")
        write_at(place, self._encoded(items))
        literal = Literal()
        literal.scalar.blob.metadata.type.CopyFrom(self.literal_type().blob)
        literal.scalar.blob.uri = place
        return literal

    def to_python(self, literal: Literal, /) -> Iterator[Any]:
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") != "blob" or blob.metadata.type.format != FORMAT:
            from fletching.types.wire import describe

            raise ConversionError(type_name(self.python_type), describe(literal))
        return self._read(blob.uri)

    def _encoded(self, items: Iterable[Any]) -> Iterator[bytes]:
        for at, item in enumerate(items):
            try:
                yield f"{self._line(item)}\n".encode()
            except ConversionError as error:
                error.at(f"[{at}]")
                raise

    def _line(self, item: Any) -> str:
        try:
            line = json.dumps(item, ensure_ascii=False)
            line.encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise ConversionError("a JSON value", preview(item), hint=str(error)) from error
        return line

    def _read(self, uri: str) -> Iterator[Any]:
        from fletching.types.files import FlyteFile

        line = "?"
        try:
            with FlyteFile(uri).open() as stream:  # a remote one is read as a stream
                for line in stream:
                    yield json.loads(line)
        except OSError as error:
            raise ConversionError("a file of JSON lines", preview(uri), hint=str(error)) from error
        except ValueError as error:  # text that is no UTF-8 is one too
            raise ConversionError(f"JSON lines at {preview(uri)}", preview(line), hint=str(error)) from error

    def _checked(self, value: Any) -> Iterable[Any]:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | dict):
            raise ConversionError(type_name(self.python_type), preview(value))
        return value
