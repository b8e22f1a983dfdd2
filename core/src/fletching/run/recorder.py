"""Recorder: what a run tells whoever keeps it, and what it may ask of an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fletching.expansion import Outcome
    from fletching.run.cache import Found
    from fletching.run.call import Call

__all__ = ["Recorder"]


class Recorder(Protocol):
    """Hears of every step of a run, on the scheduler's thread, in order."""

    def recall(self, call: Call) -> Found | None:
        """Return what an earlier run recorded as the outputs of this very call, or None."""
        ...

    def started(self, call: Call) -> None:
        """A call begins."""
        ...

    def attempt(self, call: Call, number: int, executor: str) -> None:
        """An attempt of it begins."""
        ...

    def attempt_failed(self, call: Call, number: int, error: BaseException) -> None:
        """An attempt failed, and another one follows."""
        ...

    def ended(self, call: Call, outcome: Outcome, state: str) -> None:
        """A call ended: ``succeeded``, ``failed``, ``cached``, ``recovered`` or ``cancelled``."""
        ...

    def log_path(self, call: Call, number: int) -> str:
        """Return the file that what an attempt prints goes to as well, or an empty string."""
        ...

    def flush(self) -> None:
        """Make what was told durable; called once a turn of the scheduler."""
        ...
