"""The output of every command: our warnings are one line, a full disk is told, and a reader that is gone is not."""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fletching.errors import FletchingWarning
from fletching.run.output import drop_unwritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CLOSED", "OutputLostError", "Watched", "plain_warnings", "watched_output"]

CLOSED = 141
"""The status where who read the output is gone, as shells have it for other programs."""

_LOST: list[OSError] = []
"""Why stdout could not be written, since the command began; a process runs one at a time."""


class OutputLostError(Exception):
    """What is printed cannot be written; no `OSError`, which a command may take for one of its own files."""


class Watched:
    """A text stream that remembers, if it is one for output, that something could not be written.

    Nobody can be told that stderr is gone: what would be written there is dropped.
    """

    def __init__(self, stream: Any, *, is_output: bool = True) -> None:
        self._stream = stream
        self._is_output = is_output

    def write(self, text: str) -> int:
        """Write a text."""
        with self._noted():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what is not written yet."""
        with self._noted():
            self._stream.flush()

    def close(self) -> None:
        """Write what is not written yet, and close; what is wrong with that is noted and not raised."""
        with suppress(OutputLostError), self._noted():
            self._stream.close()

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._is_output:
                _LOST.append(error)
                raise OutputLostError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def watched_output() -> Iterator[None]:
    """Exit with 1 and a line on why if what the block prints cannot be written, with `CLOSED` if nobody reads it.

    Another status that the block exits with stays.
    """
    _LOST.clear()
    before = sys.stdout, sys.stderr
    sys.stdout = before[0] and Watched(before[0])  # None where the caller had closed it
    sys.stderr = before[1] and Watched(before[1], is_output=False)
    status: Any = 0
    try:
        yield
        _flush()
    except SystemExit as error:
        _flush()
        if not _LOST:
            raise
        status = error.code
    except OutputLostError:
        pass
    finally:
        sys.stdout, sys.stderr = before
        if before[1] is not None:
            drop_unwritten(before[1])
    if _LOST:
        drop_unwritten(before[0])
        if _LOST[0].errno == errno.EPIPE:
            sys.exit(status or CLOSED)
        with suppress(OSError):
            print(f"error: stdout cannot be written: {_LOST[0].strerror}", file=sys.stderr)
        sys.exit(status or 1)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Have our own warnings shown as one line each, without the place in our code that they come from."""
    import warnings

    from fletching.redaction import redact

    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, FletchingWarning) and file is None:
            print(redact(f"warning: {message}"), file=sys.stderr)
        else:
            before(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def _flush() -> None:
    with suppress(OutputLostError, ValueError):  # it is noted; or somebody closed the stream
        if sys.stdout is not None:
            sys.stdout.flush()
