"""How files, directories and paths cross: as a blob literal that holds where they are."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.blobs import is_inside, is_remote, local_path, new_blob_path, raw_output_prefix, upload
from fletching.types.display import preview, type_name
from fletching.types.files import FlyteFile
from fletching.types.places import FileExt, Place

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["PathTransformer", "PlaceTransformer", "factory"]


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a file, a directory or a path."""
    if not isinstance(annotation, type):
        if getattr(annotation, "__origin__", None) is os.PathLike:
            return factory(os.PathLike, extras)
        return None
    if issubclass(annotation, Place):
        extension = next((extra.extension for extra in extras if isinstance(extra, FileExt)), "")
        return PlaceTransformer(annotation.__class_getitem__(extension) if extension else annotation)
    if annotation is os.PathLike:
        return PathTransformer(annotation, FlyteFile)
    if annotation in (pathlib.Path, pathlib.PurePath):
        return PathTransformer(annotation, annotation)
    if issubclass(annotation, pathlib.PurePath):
        raise UnsupportedTypeError(f"{type_name(annotation)} depends on the operating system; annotate pathlib.Path")
    return None


class PlaceTransformer(TypeTransformer[Any]):
    """Carries a `FlyteFile` or `FlyteDirectory`; takes a path or URI as text for one.

    A local one stays where it is unless it has a remote place, or the execution says where outputs are written;
    then it is copied there. A remote one is passed on, and nothing is fetched.
    """

    def __init__(self, python_type: type[Place]) -> None:
        super().__init__(python_type)
        self.is_file = issubclass(python_type, FlyteFile)
        self.name = "FlyteFilePath" if self.is_file else "FlyteDirectory"
        self.what = "file" if self.is_file else "directory"
        self.kind: Any = python_type

    def literal_type(self) -> LiteralType:
        from flyteidl.core.types_pb2 import BlobType, LiteralType

        dimensionality = BlobType.SINGLE if self.is_file else BlobType.MULTIPART
        return LiteralType(blob=BlobType(format=self.kind.extension(), dimensionality=dimensionality))

    def to_literal(self, value: Any, /) -> Literal:
        given = self.accept(value)
        return self.literal(self.where(given, store=True), given.metadata)

    def to_python(self, literal: Literal, /) -> Any:
        if literal.scalar.WhichOneof("value") in ("binary", "generic"):
            from fletching.types.wire import read_plain

            return read_plain(self, literal)
        return self.found(self.uri(literal), dict(literal.metadata) or None)

    def carry(self, value: Any, /) -> Any:
        given = self.accept(value)
        made = given.again(self.kind, self.where(given, store=False))
        made.metadata = made.metadata or None
        return made

    def to_plain(self, value: Any, /) -> dict[str, Any]:
        given = self.accept(value)
        data: dict[str, Any] = {"path": self.where(given, store=True)}
        if given.metadata and self.is_file:
            data["metadata"] = dict(given.metadata)
        return data

    def from_plain(self, data: Any, /) -> Any:
        if type(data) is not dict or not isinstance(data.get("path"), str) or not data.keys() <= {"path", "metadata"}:
            raise ConversionError(
                type_name(self.python_type), preview(data), hint="inside other data it is {'path': URI}"
            )
        return self.found(data["path"], data.get("metadata") or None)

    def carry_plain(self, value: Any, /) -> Any:
        made = self.carry(value)
        if not self.is_file:
            made.metadata = None  # the plain form of a directory, which others read too, has no place for it
        return made

    def json_schema(self) -> dict[str, Any]:
        from fletching.types.schema import object_schema

        path = {"anyOf": [{"type": "string"}, {"type": "string", "format": "path"}], "default": None}
        properties: dict[str, Any] = {"path": path}
        if self.is_file:
            text = {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"type": "string"}}
            properties["metadata"] = {"anyOf": [text, {"type": "null"}], "default": None}
        return object_schema(self.kind.base.__name__, properties, [])

    def accept(self, value: Any) -> Place:
        """Return the file or directory a value stands for."""
        if isinstance(value, Place):
            if value.base is self.kind.base or isinstance(value, self.kind.base):
                return value
            raise ConversionError(type_name(self.python_type), preview(value))
        if isinstance(value, str | os.PathLike):
            try:
                made: Place = self.kind.base(value)
            except ConfigError as error:
                raise ConversionError(type_name(self.python_type), preview(value), hint=str(error)) from error
            return made
        raise ConversionError(type_name(self.python_type), preview(value))

    def where(self, given: Place, *, store: bool) -> str:
        """Return where the other side finds the content, after copying it there if it has to be copied.

        Args:
            given: the file or directory.
            store: whether the value leaves the process.
        """
        if given.remote_source is not None and not given.remote:
            return given.source
        path = given.download()
        self.check(path)
        if given.remote is False:
            return path
        if isinstance(given.remote, str):
            return upload(path, given.remote)
        prefix = raw_output_prefix.get()
        if not store or prefix is None or (not is_remote(prefix) and is_inside(local_path(prefix), path)):
            return path
        return upload(path, new_blob_path(os.path.basename(path)))

    def check(self, path: str) -> None:
        """Refuse a local path that holds nothing, or the other of file and directory."""
        if os.path.isfile(path) if self.is_file else os.path.isdir(path):
            return
        if not os.path.exists(path):
            hint = f"the path is looked up from {os.getcwd()!r}"
            raise ConversionError(type_name(self.python_type), f"{path!r}, which does not exist", hint=hint)
        if self.is_file:
            raise ConversionError(
                type_name(self.python_type),
                f"{path!r}, which is no file",
                hint="annotate FlyteDirectory for a directory",
            )
        raise ConversionError(
            type_name(self.python_type), f"{path!r}, which is no directory", hint="annotate FlyteFile for a file"
        )

    def found(self, uri: str, metadata: dict[str, str] | None) -> Any:
        """Return the object of what was read."""
        if not is_remote(uri):
            uri = local_path(uri)
            self.check(uri)
        try:
            made = self.kind(uri)
            Place.__init__(made, uri, None, None, metadata)
        except ConfigError as error:
            raise ConversionError(type_name(self.python_type), preview(uri), hint=str(error)) from error
        return made

    def literal(self, uri: str, metadata: dict[str, str] | None) -> Literal:
        from flyteidl.core.literals_pb2 import Literal

        literal = Literal()
        blob = literal.scalar.blob
        blob.metadata.type.CopyFrom(self.literal_type().blob)
        blob.uri = uri
        for key, text in (metadata or {}).items():
            literal.metadata[key] = text
        return literal

    def uri(self, literal: Literal) -> str:
        """Return the URI of a blob literal of the right dimensionality."""
        from flyteidl.core.types_pb2 import BlobType

        if literal.scalar.WhichOneof("value") != "blob":
            from fletching.types.wire import describe

            raise ConversionError(type_name(self.python_type), describe(literal))
        blob = literal.scalar.blob
        if (blob.metadata.type.dimensionality == BlobType.SINGLE) != self.is_file:
            got = "directory" if self.is_file else "file"
            raise ConversionError(type_name(self.python_type), f"the {got} {blob.uri!r}")
        if not blob.uri:
            raise ConversionError(type_name(self.python_type), "a blob without a URI")
        uri: str = blob.uri
        return uri


class PathTransformer(PlaceTransformer):
    """Carries ``pathlib.Path`` and ``os.PathLike``: an existing local file, which is never copied.

    Inside a dataclass a path is text, as other SDKs have it there: it may also name a directory, or nothing yet.
    """

    def __init__(self, python_type: Any, made: Any) -> None:
        super().__init__(FlyteFile)
        self.python_type = python_type
        self.made = made
        """The class values have on the other side."""

    def to_literal(self, value: Any, /) -> Literal:
        return self.literal(self.where(self.accept(value), store=False), None)

    def carry(self, value: Any, /) -> Any:
        return self.made(self.where(self.accept(value), store=False))

    def found(self, uri: str, metadata: dict[str, str] | None) -> Any:
        file = super().found(uri, None)
        # A pathlib.Path cannot wait for its content.
        return self.made(uri) if self.made is FlyteFile else self.made(file.download())

    def where(self, given: Place, *, store: bool) -> str:
        if given.remote_source is not None:
            return given.source if self.made is FlyteFile else given.download()
        path = given.download()
        self.check(path)
        return path

    def to_plain(self, value: Any, /) -> Any:
        if not isinstance(value, str | os.PathLike):
            raise ConversionError(type_name(self.python_type), preview(value))
        if isinstance(value, Place):
            return value.path
        text = os.fspath(value)
        if not isinstance(text, str):
            raise ConversionError(type_name(self.python_type), preview(value))
        return str(self.made(text))

    def from_plain(self, data: Any, /) -> Any:
        if not isinstance(data, str):
            raise ConversionError(type_name(self.python_type), preview(data))
        return self.made(data)

    def carry_plain(self, value: Any, /) -> Any:
        return self.from_plain(self.to_plain(value))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "path"}
