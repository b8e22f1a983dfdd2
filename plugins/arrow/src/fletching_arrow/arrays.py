"""``numpy.ndarray`` and the scalars of numpy."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

import numpy as np

from fletching.errors import ConfigError, ConversionError, UnsupportedTypeError, close_match
from fletching.extend import TypeTransformer, type_name
from fletching_arrow.display import describe

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["ArrayTransformer", "factory"]

FORMAT = "NumpyArray"
OPTIONS = ("allow_pickle", "mmap_mode")
MMAP_MODES = ("r", "r+", "c")


class ArrayTransformer(TypeTransformer["np.ndarray[Any, Any]"]):
    """Carries ``numpy.ndarray`` as an ``.npy`` file: dtype, shape and memory order are kept, subclasses are not."""

    name = "Numpy Array"

    def __init__(self, python_type: Any, extras: tuple[Any, ...] = ()) -> None:
        super().__init__(python_type)
        self.dtype, self.dimensions = _declared(python_type)
        settings = _settings(extras)
        self.allow_pickle = bool(settings.get("allow_pickle", False))
        self.mmap_mode = settings.get("mmap_mode")
        if self.mmap_mode not in (None, *MMAP_MODES):
            raise ConfigError(f"mmap_mode={self.mmap_mode!r} is none of {', '.join(map(repr, MMAP_MODES))}")

    def literal_type(self) -> LiteralType:
        """Return the wire type: a file of numpy's own format."""
        from flyteidl.core.types_pb2 import BlobType, LiteralType

        return LiteralType(blob=BlobType(format=FORMAT, dimensionality=BlobType.SINGLE))

    def to_literal(self, value: np.ndarray[Any, Any], /) -> Literal:
        """Write the array to a new place and return the literal that points there."""
        from flyteidl.core.literals_pb2 import Literal

        literal = Literal()
        literal.scalar.blob.metadata.type.format = FORMAT
        literal.scalar.blob.uri = self._write(value)
        return literal

    def to_python(self, literal: Literal, /) -> np.ndarray[Any, Any]:
        """Return the array a literal points to."""
        from fletching.extend import describe_literal

        if literal.scalar.WhichOneof("value") != "blob":
            raise ConversionError("numpy.ndarray", describe_literal(literal))
        blob = literal.scalar.blob
        if blob.metadata.type.format != FORMAT:
            raise ConversionError("numpy.ndarray", f"a blob of format {blob.metadata.type.format!r}")
        return self._read(blob.uri)

    def carry(self, value: np.ndarray[Any, Any], /) -> np.ndarray[Any, Any]:
        """Return a copy: whoever has an array may write to it, or make it writable again."""
        if self.mmap_mode is not None:
            return self._read(self._write(value))
        self._check(value)
        if value.dtype.hasobject or value.dtype.metadata is not None or value.dtype.names:
            stream = io.BytesIO()
            self._save(stream, value)
            stream.seek(0)
            return self._load(stream)
        return np.array(value, order="A", copy=True, subok=False)

    def _write(self, value: np.ndarray[Any, Any]) -> str:
        from fletching.extend import is_remote, new_blob_path, storage_for

        self._check(value)
        place = new_blob_path(f"{os.urandom(16).hex()}.npy")
        with storage_for(place).open(place, "wb") if is_remote(place) else open(place, "wb") as stream:
            self._save(stream, value)
        return place

    def _read(self, uri: str) -> np.ndarray[Any, Any]:
        from fletching.extend import is_remote, local_path, read_blob

        if is_remote(uri):
            return self._load(io.BytesIO(read_blob(uri)))
        if not os.path.isfile(local_path(uri)):
            raise ConversionError("an .npy file", f"nothing at {uri!r}", hint="the file was removed, or never written")
        return self._load(local_path(uri))

    def _save(self, stream: Any, value: np.ndarray[Any, Any]) -> None:
        np.save(stream, value, allow_pickle=self.allow_pickle)

    def _load(self, source: Any) -> np.ndarray[Any, Any]:
        mode: Any = self.mmap_mode if isinstance(source, str) else None
        try:
            loaded = self._mapped(source, mode)
        except ValueError as error:
            if "Object arrays" in str(error):
                raise self._objects_refused("an array of Python objects") from error
            raise ConversionError("an .npy file", str(error).strip().rstrip(".")) from error
        except (EOFError, OSError) as error:
            raise ConversionError("an .npy file", str(error).strip().rstrip(".")) from error
        if not isinstance(loaded, np.ndarray):
            raise ConversionError("an .npy file with one array", f"a file of {type(loaded).__name__}")
        self._check(loaded)
        return loaded

    def _mapped(self, source: Any, mode: Any) -> Any:
        try:
            return np.load(source, allow_pickle=self.allow_pickle, mmap_mode=mode)
        except ValueError:
            if mode is None or not self.allow_pickle:
                raise
            return np.load(source, allow_pickle=True)  # Python objects cannot be mapped: they are read

    def _check(self, value: Any) -> None:
        expected = self._expected()
        if not isinstance(value, np.ndarray):
            raise ConversionError(expected, describe(value))
        if isinstance(value, np.ma.MaskedArray):
            raise ConversionError(
                expected, "a masked array", hint="an .npy file has no mask; pass .filled() and the mask as two arrays"
            )
        # StringDType keeps its text outside of the array, and numpy writes it as a pickle.
        if (value.dtype.hasobject or value.dtype.kind == "T") and not self.allow_pickle:
            raise self._objects_refused(describe(value))
        if self.dtype is not None and not np.issubdtype(value.dtype, self.dtype):
            raise ConversionError(expected, describe(value))
        if self.dimensions is not None and value.ndim != self.dimensions:
            raise ConversionError(expected, describe(value))

    def _expected(self) -> str:
        text = "numpy.ndarray"
        if self.dtype is not None:
            text += f" of {getattr(self.dtype, '__name__', self.dtype)}"
        return text if self.dimensions is None else f"{text} with {self.dimensions} dimensions"

    def _objects_refused(self, got: str) -> ConversionError:
        return ConversionError(
            "an array of plain data",
            got,
            hint="reading objects runs code of whoever wrote them; "
            "say Annotated[numpy.ndarray, kwtypes(allow_pickle=True)] if that is meant",
        )


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a class of numpy."""
    if annotation is np.ndarray or get_origin(annotation) is np.ndarray:
        return ArrayTransformer(annotation, extras)
    if isinstance(annotation, type) and issubclass(annotation, np.generic):
        from fletching_arrow.scalars import scalar

        return scalar(annotation)
    return None


def _settings(extras: tuple[Any, ...]) -> Mapping[str, Any]:
    found = [extra for extra in extras if isinstance(extra, Mapping)]
    if len(found) > 1:
        raise ConfigError("two of kwtypes in one annotation of numpy.ndarray; keep one")
    for name in found[0] if found else ():
        if name not in OPTIONS:
            raise ConfigError(
                f"unknown option {name!r} for numpy.ndarray{close_match(name, OPTIONS)}; "
                f"known are {', '.join(map(repr, OPTIONS))}"
            )
    return found[0] if found else {}


def _declared(annotation: Any) -> tuple[Any, int | None]:
    """Return the dtype and the number of dimensions of ``ndarray[shape, dtype]``; None for what it leaves open."""
    shape, dtype = (*get_args(annotation), Any, Any)[:2]
    scalar: Any = get_args(dtype)[0] if get_origin(dtype) is np.dtype else None
    scalar = get_origin(scalar) or scalar
    if scalar is not None and not (isinstance(scalar, type) and issubclass(scalar, np.generic)):
        scalar = None
    parts = get_args(shape) if get_origin(shape) is tuple else None
    if parts is not None and any(part is not Ellipsis and part not in (int, Any) for part in parts):
        raise UnsupportedTypeError(
            f"{type_name(annotation)} names sizes; "
            "an annotation can say how many dimensions there are, as tuple[int, int]"
        )
    return scalar, None if parts is None or Ellipsis in parts else len(parts)
