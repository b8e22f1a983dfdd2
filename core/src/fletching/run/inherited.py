"""Database connections that a fork copied behind Python's back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["never_close"]


def never_close(connection: sqlite3.Connection) -> None:
    """Keep a connection of the parent's as it is until this process ends, its interpreter's own clean-up included.

    Nobody here may use it, and closing it would let go of the parent's locks on the file.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
