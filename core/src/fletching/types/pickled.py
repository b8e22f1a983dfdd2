"""Values that cross as a pickle: ``Pickled[T]`` by the user's choice, ``bytes`` without executing anything."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args, get_origin

from fletching.errors import ConversionError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["BytesTransformer", "Pickled", "PickledTransformer", "factory", "pickle_at", "pickle_type"]

T = TypeVar("T")

FORMAT = "PythonPickle"
IMMUTABLE = frozenset({bool, bytes, complex, float, int, str, type(None)})
"""Exact types a pickle gives back unchanged, so that `carry` need not make one."""

if TYPE_CHECKING:
    Pickled = Annotated[T, "pickled"]
else:

    class Pickled(Generic[T]):
        """Annotation of a value that crosses the boundary as a pickle: ``def f(model: Pickled[Model])``.

        Checkers see ``T``. Reading such a value executes code of whoever wrote it, and asks for the same library
        versions on both sides; prefer a type with a schema.
        """

        def __class_getitem__(cls, item: Any) -> types.GenericAlias:
            # typing.get_type_hints puts aliases together again, and then passes all arguments in a tuple.
            return types.GenericAlias(cls, item if isinstance(item, tuple) else (item,))


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of ``bytes`` and of ``Pickled[T]``."""
    if annotation is bytes:
        return BytesTransformer(annotation)
    if annotation is Pickled or get_origin(annotation) is Pickled:
        return PickledTransformer(annotation)
    return None


def pickle_type(python_class_name: str) -> LiteralType:
    """Return the wire type of a pickle that holds an instance of the named class."""
    from flyteidl.core.types_pb2 import BlobType, LiteralType

    result = LiteralType(blob=BlobType(format=FORMAT, dimensionality=BlobType.SINGLE))
    result.metadata["python_class_name"] = python_class_name
    return result


def write_pickle(data: bytes) -> Literal:
    """Return the literal of a pickle, its content in a file that is named by its digest."""
    import hashlib

    from fletching.types.blobs import write_blob

    return pickle_at(write_blob(data, hashlib.md5(data, usedforsecurity=False).hexdigest()))


def pickle_at(uri: str) -> Literal:
    """Return the literal of the pickle that is stored at a place."""
    from flyteidl.core.literals_pb2 import Literal

    literal = Literal()
    literal.scalar.blob.metadata.type.format = FORMAT
    literal.scalar.blob.uri = uri
    return literal


def read_pickle(literal: Literal, expected: str) -> bytes:
    """Return the content of a pickle literal; raise `ConversionError` if it is none or its file is gone."""
    if literal.WhichOneof("value") != "scalar" or literal.scalar.WhichOneof("value") != "blob":
        from fletching.types.wire import describe

        raise ConversionError(expected, describe(literal))
    from fletching.types.blobs import read_blob

    blob = literal.scalar.blob
    if blob.metadata.type.format != FORMAT:
        raise ConversionError(
            expected, f"a blob of format {blob.metadata.type.format!r}", hint=f"a pickle has the format {FORMAT!r}"
        )
    try:
        return read_blob(blob.uri)
    except (OSError, ValueError) as error:  # a path may hold what no path can
        reason = getattr(error, "strerror", None) or error
        raise ConversionError(expected, f"the blob {blob.uri!r}", hint=f"it cannot be read: {reason}") from error


class PickledTransformer(TypeTransformer[Any]):
    """Carries anything cloudpickle can write."""

    name = "FlytePickle"

    def __init__(self, python_type: Any) -> None:
        super().__init__(python_type)
        content = (*get_args(python_type), Any)[0]
        self.content = content
        """The ``T`` of ``Pickled[T]``."""
        base = get_origin(content) or content
        self.checked: type | None = (
            base if isinstance(base, type) and base is not object and not _is_special(base) else None
        )
        """What values must be instances of, where that can be told."""

    def literal_type(self) -> LiteralType:
        return pickle_type(str(self.content))

    def to_literal(self, value: Any, /) -> Literal:
        self.check(value)
        return write_pickle(self.dumps(value))

    def to_python(self, literal: Literal, /) -> Any:
        import pickle

        data = read_pickle(literal, type_name(self.python_type))
        try:
            value = pickle.loads(data)  # noqa: S301 - the user asked for it with Pickled[T]
        except Exception as error:
            raise ConversionError(
                type_name(self.python_type),
                f"a pickle of {len(data)} bytes",
                hint=f"it cannot be read here: {type(error).__name__}: {error}",
            ) from error
        self.check(value)
        return value

    def carry(self, value: Any, /) -> Any:
        self.check(value)
        if type(value) in IMMUTABLE:
            return value
        import pickle

        data = self.dumps(value)
        try:
            return pickle.loads(data)  # noqa: S301 - written in the line before
        except Exception as error:
            raise ConversionError(
                type_name(self.python_type),
                preview(value),
                hint=f"it cannot be read back from its pickle: {type(error).__name__}: {error}",
            ) from error

    def check(self, value: Any) -> None:
        if self.checked is not None and not isinstance(value, self.checked):
            raise ConversionError(type_name(self.python_type), preview(value))

    def dumps(self, value: Any) -> bytes:
        import cloudpickle

        try:
            data: bytes = cloudpickle.dumps(value)
        except Exception as error:
            raise ConversionError(
                type_name(self.python_type), preview(value), hint=f"cannot be pickled: {type(error).__name__}: {error}"
            ) from error
        return data


class BytesTransformer(TypeTransformer[bytes]):
    """Carries ``bytes`` in the wire form other SDKs use, a pickle, of which it reads bytes and nothing else."""

    name = "FlytePickle"
    inline = "type({v}) is bytes"

    def literal_type(self) -> LiteralType:
        return pickle_type(str(bytes))

    def to_literal(self, value: bytes, /) -> Literal:
        import pickle

        return write_pickle(pickle.dumps(self.carry(value), protocol=5))

    def to_python(self, literal: Literal, /) -> bytes:
        if literal.scalar.WhichOneof("value") == "binary":
            from fletching.types.wire import read_plain

            found: bytes = read_plain(self, literal)
            return found
        data = read_pickle(literal, "bytes")
        try:
            value = _load_plain(data)
        except Exception as error:
            raise ConversionError(
                "bytes",
                f"a pickle of {len(data)} bytes that holds something else",
                hint="annotate Pickled[T] to read it; that executes code of whoever wrote it",
            ) from error
        if type(value) is not bytes:
            raise ConversionError("bytes", preview(value))
        return value

    def carry(self, value: bytes, /) -> bytes:
        if type(value) is bytes:
            return value
        if isinstance(value, bytes):
            return bytes(value)
        hint = "bytes(value) makes a copy that does not change" if isinstance(value, bytearray | memoryview) else ""
        raise ConversionError("bytes", preview(value), hint=hint)

    def to_plain(self, value: bytes, /) -> bytes:
        return self.carry(value)

    def from_plain(self, data: Any, /) -> bytes:
        if type(data) is str:
            # JSON has no bytes: the form older writers use holds them in base64, with line breaks.
            import base64

            try:
                return base64.b64decode("".join(data.split()), validate=True)
            except ValueError as error:
                raise ConversionError("bytes", preview(data), hint="text stands for bytes only as base64") from error
        return self.carry(data)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "base64"}


def _is_special(base: type) -> bool:
    # Protocols and other typing constructs may refuse isinstance; TypedDict always does.
    return base.__module__ == "typing" or bool(getattr(base, "_is_protocol", False)) or hasattr(base, "__total__")


def _load_plain(data: bytes) -> Any:
    """Load a pickle that may name no class and no function, so nothing of it is executed."""
    import io
    import pickle

    class PlainUnpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str, /) -> Any:
            raise pickle.UnpicklingError(f"{module}.{name} is named in it")

        def persistent_load(self, pid: Any, /) -> Any:
            raise pickle.UnpicklingError("a reference to something outside is in it")

    return PlainUnpickler(io.BytesIO(data)).load()
