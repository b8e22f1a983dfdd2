"""Objects as streams: read piece by piece with more read ahead the longer one reads on; written when closed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Self

from fletching_storage.waiting import interruptible

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Reader", "TextWriter", "Writer"]

FIRST = 256 * 1024
LARGEST = 8 * 1024 * 1024
AT_ONCE = 1024 * 1024
"""What is written is given to the library in pieces of about this size."""


class Reader(io.RawIOBase):
    """Reads one object; one piece of it is in memory.

    Args:
        fetch: returns the bytes from one position to before another, and how many the object has.
    """

    def __init__(self, fetch: Callable[[int, int], tuple[Any, int]]) -> None:
        self._fetch = fetch
        self._piece = memoryview(b"")
        self._start = 0
        self._position = 0
        self._window = FIRST
        self._piece, self._size = self._get(0, FIRST)

    def _get(self, start: int, end: int) -> tuple[memoryview, int]:
        data, size = self._fetch(start, end)
        return memoryview(data), size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check_open()
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._check_open()
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"a stream has no position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        self._check_open()
        target = memoryview(buffer).cast("B")
        if not target or self._position >= self._size:
            return 0
        inside = self._position - self._start
        if not 0 <= inside < len(self._piece):
            # Who reads on reads more at a time; who jumps about fetches little.
            self._window = min(self._window * 2, LARGEST) if inside == len(self._piece) else FIRST
            end = min(self._position + max(self._window, len(target)), self._size)
            self._start = self._position
            self._piece, _ = self._get(self._start, end)
            inside = 0
        count = min(len(target), len(self._piece) - inside)
        target[:count] = self._piece[inside : inside + count]
        self._position += count
        return count

    def close(self) -> None:
        self._piece = memoryview(b"")
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the stream is closed")


class Writer(io.RawIOBase):
    """Writes one object, which is there when the stream is closed and not before.

    A ``with`` block that ends with an error leaves nothing.
    """

    def __init__(self, target: Any, explain: Callable[[BaseException], Exception]) -> None:
        self._target = target
        self._explain = explain
        self._count = 0
        self._pending = bytearray()
        self._busy = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._count

    def write(self, data: Any, /) -> int:
        if self.closed:
            raise ValueError("the stream is closed")
        view = memoryview(data).cast("B")
        self._pending += view
        self._count += len(view)
        if len(self._pending) >= AT_ONCE:
            self._send()
        return len(view)

    def abort(self) -> None:
        """Close the stream and leave nothing."""
        target, self._target = self._target, None
        super().close()
        if target is not None and not self._busy:
            error = RuntimeError("given up")
            interruptible(lambda: target.__exit__(RuntimeError, error, None))

    def close(self) -> None:
        target = self._target
        if self._busy:  # it was interrupted, and nobody knows how much has arrived
            self.abort()
        elif target is not None:
            self._send()
            self._target = None
            try:
                interruptible(target.close)
            except Exception as error:
                raise self._explain(error) from error
            finally:
                super().close()

    def _send(self) -> None:
        """Give the library what was written."""
        if not self._pending:
            return
        data, self._pending, self._busy = bytes(self._pending), bytearray(), True
        target = self._target
        try:
            interruptible(lambda: target.write(data))
            self._busy = False
        except Exception as error:
            self._busy = False
            self.abort()
            raise self._explain(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abort()
        self.close()


class TextWriter(io.TextIOWrapper):
    """A `Writer` for text."""

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            writer: Any = self.buffer
            self.detach()
            writer.abort()
            return
        self.close()
