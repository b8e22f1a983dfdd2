"""The result type of a statement that changes rows."""

from __future__ import annotations

__all__ = ["RowCount"]


class RowCount(int):
    """How many rows an ``insert``, ``update``, ``delete`` or ``merge`` changed. An ``int`` in every way.

    A type of its own, since a plain ``int`` is the one value of ``select count(*) …``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"RowCount({int(self)})"

    __str__ = int.__repr__
