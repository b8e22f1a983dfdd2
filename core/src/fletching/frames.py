"""Which code of a traceback is ours, so that a message shows the user's own."""

from __future__ import annotations

import os

__all__ = ["is_ours"]

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
GENERATED = ("<call of ", "<carry of ")
"""How the file names begin of the functions that are generated for a signature and for a dataclass."""


def is_ours(file: str) -> bool:
    """Tell whether a code object's file name is of this package, or of what it generated."""
    return file.startswith((PACKAGE, *GENERATED))
