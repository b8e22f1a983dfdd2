"""Scalars of numpy: as the number or truth value they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fletching.errors import ConversionError
from fletching.extend import TypeTransformer, transformer
from fletching_arrow.display import describe

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["ScalarTransformer", "scalar"]


class ScalarTransformer(TypeTransformer[Any]):
    """Carries one numpy scalar type; on the wire it is Python's ``int``, ``float`` or ``bool``."""

    def __init__(self, python_type: Any, native: type[int] | type[float]) -> None:
        super().__init__(python_type)
        self.name = f"numpy.{python_type.__name__}"
        self.native = native
        self.inner: TypeTransformer[Any] = transformer(native)

    def literal_type(self) -> LiteralType:
        """Return the wire type of the Python number."""
        return self.inner.literal_type()

    def to_literal(self, value: Any, /) -> Literal:
        """Return the number's literal."""
        return self.inner.to_literal(self._native(value))

    def to_python(self, literal: Literal, /) -> Any:
        """Return the scalar; raise `ConversionError` for a number beyond its range."""
        return self._scalar(self.inner.to_python(literal))

    def carry(self, value: Any, /) -> Any:
        """Return the scalar itself: it cannot change."""
        self.inner.carry(self._native(value))
        return value

    def to_plain(self, value: Any, /) -> Any:
        """Return the Python number."""
        return self.inner.to_plain(self._native(value))

    def from_plain(self, data: Any, /) -> Any:
        """Return the scalar of a Python number."""
        return self._scalar(self.inner.from_plain(data))

    def json_schema(self) -> dict[str, Any]:
        """Return the schema of the Python number."""
        return self.inner.json_schema()

    def _native(self, value: Any) -> Any:
        if type(value) is not self.python_type:
            raise ConversionError(self.name, describe(value))
        return self.native(value)

    def _scalar(self, number: Any) -> Any:
        try:
            return self.python_type(number)
        except OverflowError as error:
            raise ConversionError(self.name, f"int {number}", hint="it is out of range") from error


def scalar(annotation: type[np.generic]) -> ScalarTransformer | None:
    """Return the transformer of a concrete scalar type; None where Python has no equal (``longdouble``, ``str_``)."""
    if annotation is np.bool_:
        return ScalarTransformer(annotation, bool)
    dtype = np.dtype(annotation) if annotation.__subclasses__() == [] else None
    if dtype is not None and issubclass(annotation, np.integer) and dtype.kind in "iu":
        return ScalarTransformer(annotation, int)
    if dtype is not None and issubclass(annotation, np.floating) and dtype.itemsize <= 8:
        return ScalarTransformer(annotation, float)
    return None
