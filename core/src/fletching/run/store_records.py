"""What the run store tells of a run, its nodes and their attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AttemptRecord", "EventRecord", "NodeRecord", "RunRecord"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """One run."""

    id: str
    """When it began, in UTC, and six digits that tell it from others of that second."""
    name: str
    tags: tuple[str, ...]
    entity: str
    """Full name of the task or workflow."""
    kind: str
    """One word for what that is."""
    source: str
    """The file or module as it was given on the command line; empty for a run that was not started there."""
    variable: str
    """The variable of the source that holds the task or workflow."""
    folder: str
    """The working directory, which a relative source starts at."""
    status: str
    """``running``, ``succeeded``, ``failed``, ``cancelled``, or ``lost``: its process ended without a word."""
    started: float
    """In seconds since the epoch, as all times."""
    ended: float | None
    error: str
    inputs: str
    """Hash of the inputs, with the content of files; empty if they have none."""
    outputs: str
    """Hash of the outputs; empty if there are none yet."""
    code: str
    """Digest of the code; empty if it has none of its own."""
    pid: int
    """Number of the process that drives it, or did."""
    recovered_from: str
    """Id of the run that it goes on from, or empty."""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeRecord:
    """One call in a run: a node of a graph, or the top, whose path is empty."""

    path: str
    parent: str
    task: str
    kind: str
    status: str
    """``running``, ``succeeded``, ``failed``, ``cached``, ``recovered``, ``skipped``, ``cancelled`` or ``lost``."""
    attempts: int
    executor: str
    """Which ran the last attempt."""
    started: float | None
    ended: float | None
    error: str
    inputs: str
    outputs: str
    code: str
    cache_key: str
    cache_state: str
    """``hit``, ``miss``, ``stored``, or ``off`` where the task is not cached."""
    ingredients: Mapping[str, Any]
    """What the cache key was made of."""
    upstream: tuple[str, ...]
    """Paths of the nodes it waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRecord:
    """One attempt of a node."""

    number: int
    """From 0."""
    executor: str
    started: float | None
    ended: float | None
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRecord:
    """Something about a run that no node and no attempt says."""

    at: float
    kind: str
    path: str
    attempt: int
    text: str
