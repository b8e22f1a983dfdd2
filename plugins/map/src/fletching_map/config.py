"""How a map runs: how much at once, and how many elements have to succeed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["ExecutionMode", "MapConfig"]


class ExecutionMode(IntEnum):
    """How much a Flyte backend remembers of each element, numbered as ``flyteidl.core.ArrayNode`` does."""

    MINIMAL_STATE = 0
    FULL_STATE = 1


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """The options of a map; they check themselves."""

    concurrency: int | None = None
    """The most elements at the same time; None and 0 leave it to the scheduler."""
    min_successes: int | None = None
    """How many elements have to succeed, or None for what the ratio says."""
    min_success_ratio: float | None = 1.0
    """Which part of the elements has to succeed, from 0 to 1; None means all of them."""
    run_all_sub_nodes: bool = False
    """Go on with the other elements when the map can only fail."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "min_successes"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ConfigError(f"{name} must be an int of 0 or more, or None, got {value!r}")
        ratio = self.min_success_ratio
        if ratio is not None:
            if isinstance(ratio, bool) or not isinstance(ratio, (int, float)) or not 0 <= ratio <= 1:
                raise ConfigError(f"min_success_ratio must be a number from 0 to 1, or None, got {ratio!r}")
            object.__setattr__(self, "min_success_ratio", float(ratio))
        if self.min_successes is not None and ratio not in (None, 1):
            raise ConfigError(
                f"min_successes={self.min_successes} and min_success_ratio={ratio:g} say the same thing twice; give one"
            )
        if not isinstance(self.run_all_sub_nodes, bool):
            raise ConfigError(f"run_all_sub_nodes must be True or False, got {self.run_all_sub_nodes!r}")

    @property
    def needs_all(self) -> bool:
        """Whether the first failed element fails the map, however many there are."""
        return self.min_successes is None and self.min_success_ratio in (None, 1.0)

    def needed(self, count: int) -> int:
        """Return how many of ``count`` elements have to succeed."""
        if self.min_successes is not None:
            return self.min_successes
        return count if self.needs_all else -(-self._ratio.numerator * count // self._ratio.denominator)

    @cached_property
    def _ratio(self) -> Fraction:
        # As it is written: 0.07 of 100 elements are 7, and 0.07 * 100 is a little more than 7.
        from fractions import Fraction

        return Fraction(str(self.min_success_ratio))
