"""What an eager task may be told beside the options of every task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fletching.errors import ConfigError

__all__ = ["EagerConfig"]


@dataclass(frozen=True, kw_only=True)
class EagerConfig:
    """Options of an eager task: ``@eager(task_config=EagerConfig(...))``."""

    task_type: ClassVar[str] = "eager"

    blocking_limit: float | None = 0.1
    """After how many seconds in which nothing else on its event loop could run a warning says where; None is never."""

    def __post_init__(self) -> None:
        limit = self.blocking_limit
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0):
            raise ConfigError(f"blocking_limit must be more than 0 seconds, or None, got {limit!r}")
