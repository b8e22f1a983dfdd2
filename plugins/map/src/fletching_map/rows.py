"""Rows: the inputs of one element after the other, read from several iterables in step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import TYPE_CHECKING, Any

from fletching.errors import CallError, ConversionError, add_note
from fletching.extend import preview, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Rows"]

NO_SERIES = (str, bytes, bytearray, memoryview, Mapping, set, frozenset)
"""Can be iterated, and are no series of elements: text is one value, and a set has no order to answer in."""


class Rows:
    """Gives the inputs of each element when it is asked for the next one, and reads no further.

    Args:
        name: the map's short name, for messages.
        varying: input name to what holds one value for each element.
        fixed: input name to the value that every element gets.
        kinds: input name to the annotation of the whole, for messages.
    """

    def __init__(
        self, name: str, varying: Mapping[str, Any], fixed: Mapping[str, Any], kinds: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.count = 0
        """How many were read."""
        self._fixed = fixed
        sizes: dict[str, int] = {}
        for input_name, value in varying.items():
            if not isinstance(value, Iterable) or isinstance(value, NO_SERIES):
                raise _no_series(input_name, value, kinds[input_name]).within(name, f"argument {input_name!r}")
            if isinstance(value, Sized):
                sizes[input_name] = len(value)
        self.size = _common_size(name, sizes)
        """How many there are, or None while nobody knows."""
        self._sources: list[tuple[str, Iterator[Any]]] = []
        for input_name, value in varying.items():
            try:
                self._sources.append((input_name, iter(value)))
            except Exception as error:
                self._tell(error, input_name)
                raise

    def read(self) -> dict[str, Any] | None:
        """Return the next element's inputs, or None if there is none.

        Raises:
            CallError: one input has an element more than another.
            Exception: what an iterable of the user raised, with a note that says which it was.
        """
        row = dict(self._fixed)
        ended = ""
        for name, source in self._sources:
            try:
                row[name] = next(source)
            except StopIteration:
                ended = ended or name
            except Exception as error:
                self._tell(error, name)
                raise
            else:
                if ended:
                    raise self._uneven(ended, name)
        if not ended:
            self.count += 1
            return row
        first = self._sources[0][0]
        if first in row:
            raise self._uneven(ended, first)
        self.size = self.count
        return None

    def _uneven(self, short: str, long: str) -> CallError:
        return CallError(
            f"{self.name}: inputs differ in length: {short!r} ended after {self.count} elements, and {long!r} goes on"
        )

    def _tell(self, error: BaseException, name: str) -> None:
        add_note(error, f"while element {self.count} of input {name!r} of {self.name} was read")


def _common_size(name: str, sizes: Mapping[str, int]) -> int | None:
    if not sizes:
        return None
    (first, size), *others = sizes.items()
    for other, length in others:
        if length != size:
            raise CallError(
                f"{name}: inputs differ in length: {first!r} has {size} elements and {other!r} has {length}; a value "
                "that is the same for every element is bound with functools.partial"
            )
    return size


def _no_series(name: str, value: Any, kind: Any) -> ConversionError:
    if isinstance(value, (set, frozenset)):
        hint = "it has no order; pass sorted(...) of it"
    elif isinstance(value, Mapping):
        hint = "pass list(...) of its keys or of its values"
    else:
        hint = f"bind what is the same for every element: map_task(functools.partial(..., {name}=...))"
    return ConversionError(f"{type_name(kind)}, or another iterable", preview(value), hint=hint)
