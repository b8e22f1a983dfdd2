"""Why a call was found in the cache, or was not: its ingredients beside those of the nearest entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from fletching.run import cache_store
from fletching.run.cache_files import check_files
from fletching.run.cache_rows import BAD_VALUE, StoredEntry, bad_file, stored_entries, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Connection

__all__ = ["Difference", "Explanation", "Verdict", "explain"]

Verdict = Literal["hit", "lost", "different", "new"]
"""It is there; it was there and is not any more; the nearest one differs; there is nothing of this task."""
MANY = 10_000
"""How many entries of a task are compared, the latest ones."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One ingredient in which a call and an entry differ."""

    ingredient: str
    """``version``, ``interface``, ``input:<name>`` or ``ignored:<name>``."""
    here: str | None
    """Of the call; None if it has none."""
    stored: str | None
    """Of the entry; None if it has none, or none is known."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What the cache says to a call."""

    verdict: Verdict
    key: str
    """The key of the call."""
    entry: StoredEntry | None
    """The one that was hit or lost, or the nearest one; None if there is nothing of this task."""
    differences: tuple[Difference, ...] = ()
    """In which ingredients the nearest one differs."""
    compared: int = 0
    """How many entries of the task there are to compare with."""


def explain(
    ingredients: Mapping[str, str], key: str, *, state: str | None = None, at: float | None = None
) -> Explanation:
    """Tell what the cache says to a call, from what its key was made of.

    Args:
        ingredients: what `call_ingredients` gave for it.
        key: its key.
        state: what came of it if it was made already: ``hit``, ``miss`` or ``stored``. Of the last two the entry of the
            same key was made afterwards, and explains nothing.
        at: when that was, in seconds since 1970; later entries explain nothing either.

    Raises:
        sqlite3.Error: the database is damaged.
        NewerCacheError: it was made by a later release.
    """
    found = cache_store.read(lambda raw: _explained(raw, ingredients, key, state, at))
    return found or Explanation(verdict="new", key=key, entry=None)


def _explained(
    raw: Connection, ingredients: Mapping[str, str], key: str, state: str | None, at: float | None
) -> Explanation:
    same = next(iter(stored_entries(raw, "WHERE d.key = ?", (key,))), None)
    missed = state in ("miss", "stored")
    if same is not None:
        if not missed and same.held:
            fault = _fault(raw, key)
            if not fault:
                return Explanation(verdict="hit", key=key, entry=same)
            return Explanation(verdict="lost", key=key, entry=replace(same, lost=fault))
        # One that was lost before this call, and not one that this call stored and that was pruned since.
        if same.lost and (at is None or same.lost_at <= at):
            return Explanation(verdict="lost", key=key, entry=same)
        if state == "hit":
            return Explanation(verdict="lost", key=key, entry=same)
    task = ingredients.get("task", "")
    limit = float("inf") if at is None else at
    where = f"WHERE d.task = ? AND d.key <> ? AND d.made <= ? ORDER BY d.made DESC LIMIT {MANY}"
    others = stored_entries(raw, where, (task, key, limit))
    return _nearest(ingredients, key, [one for one in others if one.held] or others)


def _fault(raw: Connection, key: str) -> str:
    """Return what makes an entry useless, or nothing: what `CacheEntry.read` would come across."""
    from flyteidl.core.literals_pb2 import LiteralMap
    from google.protobuf.message import DecodeError

    data = value_of(*raw.execute("SELECT literals, digest FROM outputs WHERE key = ?", (key,)).fetchone())
    if data is None:
        return BAD_VALUE
    try:
        check_files(LiteralMap.FromString(data))
    except (DecodeError, OSError) as error:
        return bad_file(error)
    return ""


def _nearest(ingredients: Mapping[str, str], key: str, others: Iterable[StoredEntry]) -> Explanation:
    best: tuple[int, StoredEntry, tuple[Difference, ...]] | None = None
    compared = 0
    for entry in others:
        compared += 1
        differences = _differences(ingredients, entry.ingredients)
        if best is None or len(differences) < best[0]:
            best = len(differences), entry, differences
    if best is None:
        return Explanation(verdict="new", key=key, entry=None)
    return Explanation(verdict="different", key=key, entry=best[1], differences=best[2], compared=compared)


def _differences(here: Mapping[str, str], stored: Mapping[str, str]) -> tuple[Difference, ...]:
    return tuple(
        Difference(ingredient=name, here=here.get(name), stored=stored.get(name))
        for name in [*here, *(name for name in stored if name not in here)]
        if here.get(name) != stored.get(name)
    )
