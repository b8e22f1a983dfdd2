"""How values cross a task boundary: one transformer for each type, found by `fletching.types.engine`."""

from __future__ import annotations

__all__: list[str] = []
