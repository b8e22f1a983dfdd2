"""How a run is made: which executor, how much at once, what of the cache, who records it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from fletching.run.cache import CacheMode
    from fletching.run.recorder import Recorder

__all__ = ["CACHE_MODES", "DEFAULT_OPTIONS", "RunOptions"]

CACHE_MODES = ("off", "refresh", "use")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What holds for every call of a run."""

    executor: str | None = None
    """Where attempts run. None: here, on threads where several can run at once, in a process where a deadline has to be
    kept; what only a cluster can apply, such as resources and labels, then means nothing."""
    max_parallel: int | None = None
    """The most attempts at the same time; None leaves it to the executor."""
    cache: CacheMode | None = None
    """``use``, ``refresh`` (run and store anew), ``off``, or None for what the environment says."""
    lenient: bool = False
    """Warn of what the named executor cannot keep, instead of refusing it."""
    recorder: Recorder | None = None
    """Who keeps what happens."""

    def __post_init__(self) -> None:
        limit = self.max_parallel
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ConfigError(f"max_parallel must be an int of 1 or more, got {limit!r}")
        if self.cache is not None and self.cache not in CACHE_MODES:
            raise ConfigError(f"cache must be one of {', '.join(CACHE_MODES)}, got {self.cache!r}")


DEFAULT_OPTIONS = RunOptions()
"""The options of a plain call."""
