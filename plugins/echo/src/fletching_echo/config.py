"""The config of an echo task: it has nothing to set, and carries the word the plugin answers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["EchoConfig"]


@dataclass(frozen=True, kw_only=True)
class EchoConfig:
    """What `Echo` has as its ``task_config``."""

    task_type: ClassVar[str] = "echo"
    """The task type: entry point, template and switches use the same word."""
