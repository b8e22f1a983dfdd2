"""Metrics that a task counts."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

__all__ = ["Stats"]


class Stats:
    """The call forms of statsd; each metric becomes a debug line of a logger."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def incr(self, metric: str, count: int = 1, tags: Mapping[str, str] | None = None) -> None:
        """Add to a counter."""
        self._write("counter", metric, count, tags)

    def gauge(self, metric: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        """Set a value."""
        self._write("gauge", metric, value, tags)

    def timing(self, metric: str, value: float, tags: Mapping[str, str] | None = None) -> None:
        """Note a duration."""
        self._write("timing", metric, value, tags)

    @contextmanager
    def timer(self, metric: str, tags: Mapping[str, str] | None = None) -> Iterator[None]:
        """Note how many seconds a ``with`` block takes, also one that fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._write("timing", metric, time.perf_counter() - started, tags)

    def _write(self, kind: str, metric: str, value: float, tags: Mapping[str, str] | None) -> None:
        self._logger.debug("%s %s: %s %s", kind, metric, value, dict(tags or {}))
