"""Running calls: events, cache, retries, deadlines."""

from __future__ import annotations

__all__: list[str] = []
