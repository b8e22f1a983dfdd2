"""What an error means to a backend: whose fault it is, whether another attempt may help, and how it is told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.container.ending import TerminatedError
from fletching.errors import FletchingError, RecoverableError, RunError, text_of

if TYPE_CHECKING:
    from flyteidl.core.errors_pb2 import ErrorDocument

__all__ = ["Verdict", "error_document", "message_of", "verdict"]

SYSTEM = "SYSTEM"
USER = "USER:RuntimeError"
MACHINERY = ("asyncio", "importlib")
"""Packages of Python that stand between us and the user's code."""
LONGEST = 64 * 1024
"""Characters of a message; the whole error document has to fit into what a platform reads at once."""


class Verdict(NamedTuple):
    """How a backend is to treat an error."""

    code: str
    recoverable: bool
    """Whether another attempt may help."""
    users: bool
    """Whether it is the user's: then another attempt counts among the user's retries."""


def verdict(error: BaseException, stage: str, *, eager: bool = False) -> Verdict:
    """Tell what an error means.

    Args:
        error: what was raised.
        stage: what was being done: ``loading``, ``inputs``, ``work``, ``outputs``, or anything else.
        eager: whether the task starts others while it runs.
    """
    if isinstance(error, TerminatedError):
        return Verdict(SYSTEM, recoverable=True, users=False)
    if stage == "loading":
        return Verdict(USER, recoverable=False, users=True)
    if stage == "work":
        if eager and isinstance(error, RunError):
            return Verdict(SYSTEM, recoverable=False, users=False)  # what it started elsewhere did not succeed
        return Verdict(_own_code(error), recoverable=isinstance(error, RecoverableError), users=True)
    if stage in ("inputs", "outputs"):
        # A store that does not answer may do so next time; a value that does not fit never will.
        return Verdict(SYSTEM, recoverable=isinstance(error, OSError), users=False)
    return Verdict(SYSTEM, recoverable=True, users=False)


def _own_code(error: BaseException) -> str:
    code = getattr(error, "error_code", None)
    return str(code) if isinstance(code, str | int) and not isinstance(code, bool) else USER


def error_document(error: BaseException, found: Verdict, message: str, worker: str = "") -> ErrorDocument:
    """Return the message that a backend reads.

    Args:
        error: what was raised; it may say when, in an attribute ``timestamp``.
        found: what it means.
        message: how it is told.
        worker: which of several workers it happened to.
    """
    import time

    from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
    from flyteidl.core.execution_pb2 import ExecutionError

    document = ErrorDocument()
    told = document.error
    told.code = _sound(found.code)
    told.message = _sound(message)
    told.kind = ContainerError.RECOVERABLE if found.recoverable else ContainerError.NON_RECOVERABLE
    told.origin = ExecutionError.USER if found.users else ExecutionError.SYSTEM
    moment = getattr(error, "timestamp", None)
    if not isinstance(moment, int | float) or not 0 <= moment < 1 << 33:
        moment = time.time()
    told.timestamp.FromNanoseconds(int(moment * 1_000_000_000))
    told.worker = _sound(worker)
    return document


def message_of(error: BaseException) -> str:
    """Return the traceback without our own frames, then the error's kind and text; secrets are left out."""
    from fletching.redaction import redact

    trace, text = redact(_trace(error)), redact(f"{type(error).__name__}: {text_of(error)}")
    return f"Trace:\n\n{_block(trace)}\n\nMessage:\n\n{_block(text)}"


def _trace(error: BaseException) -> str:
    import traceback

    try:
        told = traceback.TracebackException.from_exception(error)
        _trim(told, set())
        return "".join(told.format()).rstrip("\n")
    except Exception as problem:  # noqa: BLE001 - an error whose parts raise when they are looked at is still told of
        return f"(no traceback: {type(problem).__name__}: {text_of(problem)})"


def _trim(told: Any, seen: set[int]) -> None:
    """Take out of a traceback, and of those of its causes, what is not the user's code."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    theirs = [frame for frame in told.stack if not _is_machinery(frame.filename)]
    if theirs or issubclass(told.exc_type, FletchingError):  # an error of ours says all there is to say
        told.stack[:] = theirs
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        _trim(other, seen)


def _is_machinery(file: str) -> bool:
    """Whether code is ours, or what Python imports modules and runs coroutines with."""
    from fletching.frames import is_ours

    library = os.path.dirname(os.__file__) + os.sep
    return file.startswith(("<frozen importlib", *(f"{library}{each}{os.sep}" for each in MACHINERY))) or is_ours(file)


def _block(text: str) -> str:
    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]}\n... {len(text) - LONGEST} characters left out ...\n{text[-half:]}"
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def _sound(text: str) -> str:
    """Return text that a message can hold: no halves of characters."""
    return text.encode("utf-8", "backslashreplace").decode()
