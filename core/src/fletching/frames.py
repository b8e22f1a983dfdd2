"""Which code of a traceback is ours, so that messages and warnings point at the user's own."""

from __future__ import annotations

import os
import sys

__all__ = ["caller_level", "is_ours"]

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
GENERATED = ("<call of ", "<carry of ")
"""How the file names begin of the functions that are generated for a signature and for a dataclass."""


def is_ours(file: str) -> bool:
    """Tell whether a code object's file name is of this package, or of what it generated."""
    return file.startswith((PACKAGE, *GENERATED))


def caller_level() -> int:
    """Return the ``stacklevel`` that puts a warning at the line of the user's call; ask in the function that warns."""
    depth, frame = 1, sys._getframe(1)
    while frame is not None:
        if not is_ours(frame.f_code.co_filename):
            return depth
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    return 2
