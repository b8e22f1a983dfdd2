"""What is known of a run while it goes on: its calls, how each stands, and at the end the chain that took longest."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple

from fletching.context import current_execution
from fletching.errors import text_of
from fletching.redaction import redact

if TYPE_CHECKING:
    from fletching.run.events import Event

__all__ = [
    "GROUPS",
    "Item",
    "Link",
    "Model",
    "critical_path",
    "duration",
    "reason",
    "seconds_of",
    "short_name",
    "tally",
]

GROUPS = frozenset({"map", "array"})
"""What is called once an item: its calls are counted and not kept, as there may be millions."""

DIGEST = re.compile("_[0-9a-f]{32}-arraynode$")

LONGEST_REASON = 200
"""So many characters of an error's first line are shown."""

FEW = 10
"""So many retries below one call are told one by one."""


NO_CHILDREN: list[Item] = []
NO_OPEN: dict[int, Item] = {}
NO_COUNTS: dict[str, int] = {}


class Item:
    """One call, or a map with all of its calls."""

    __slots__ = (
        "attempts", "began", "children", "counts", "number", "open", "parent", "path", "reason", "seconds", "short",
        "size", "state", "told", "upstream", "waited", "what",
    )  # fmt: skip

    def __init__(self, event: Event, parent: Item | None) -> None:
        self.short = short_name(event.task)
        """The last part of the name of what is called."""
        self.number = event.call
        self.what = event.what
        self.path = event.path
        self.upstream = event.upstream
        self.size = event.size
        """How many calls a map makes, or None if that is not known."""
        self.parent = parent
        self.began = event.at
        """When it started; from its first attempt on, when that did."""
        self.waited = 0.0
        """How long it waited for its first attempt."""
        self.seconds = 0.0
        """How long it took from then on, once it has ended."""
        self.state = "waiting"
        """``waiting``, ``running``, ``retrying``, or how it ended, as events call it."""
        self.attempts = 0
        self.reason = ""
        """What went wrong, in one line."""
        # Most calls have none of these: they are made when the first child comes.
        self.children: list[Item] = NO_CHILDREN
        self.open: dict[int, Item] = NO_OPEN
        """The children that have not ended, by the number of their call."""
        self.counts: dict[str, int] = NO_COUNTS
        """How many of its children ended in which way; of a map, also how many run and were retried."""
        self.told = 0

    @property
    def ended(self) -> bool:
        """Whether it has come to an end."""
        return self.state not in ("waiting", "running", "retrying")

    @property
    def tail(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class Model:
    """Hears of every event, on whatever thread, and does little about it: who shows the run looks when it wants to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.roots: list[Item] = []
        """What was called; one in most runs."""
        self.news: deque[str] = deque(maxlen=1000)
        """Lines about attempts that failed, for whoever shows them to take away."""
        self._calls: dict[int, Item] = {}
        """The open calls by number; for one below a map, the map."""
        self._placed: dict[str, Item] = {}
        self._direct: dict[int, list[tuple[int, Item]]] = {}
        """The open calls that tasks made themselves, by their thread, the innermost last."""

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        # What needs time is found out before others have to wait.
        error = event.error
        why = "" if error is None else reason(error)
        # A call from a task's own code does not know the call it stands inside of; its thread does.
        thread = get_ident() if event.depth and not event.parent else 0
        outer = current_execution() if thread and event.kind == "started" else None
        with self.lock:
            item = self._calls.get(event.call)
            if item is None:
                if event.kind not in ("started", "skipped"):
                    return
                item = self._begun(event, thread, "" if outer is None else outer.path)
            if item.number != event.call:
                self._count(item, event, why)
            else:
                self._change(item, event, why)
            if thread and event.kind not in ("started", "attempt", "retrying"):
                self._direct[thread] = [each for each in self._direct.pop(thread, ()) if each[0] != event.call]

    def _begun(self, event: Event, thread: int, inside: str) -> Item:
        parent = self._around(thread, inside) if thread else self._calls.get(event.parent)
        if parent is not None and parent.counts is NO_COUNTS:
            parent.children, parent.open, parent.counts = [], {}, {}
            if parent.state == "waiting":
                parent.state = "running"
        if parent is not None and parent.what in GROUPS:
            self._calls[event.call] = parent
            self._direct_too(event, thread, parent)
            return parent
        item = self._calls[event.call] = Item(event, parent)
        if parent is None:
            self.roots.append(item)
        else:
            parent.children.append(item)
            parent.open[event.call] = item
        # A run inside of a task's code has paths of its own, which say nothing here.
        if parent is None or (event.parent and self._placed.get(parent.path) is parent):
            self._placed[event.path] = item
        self._direct_too(event, thread, item)
        return item

    def _direct_too(self, event: Event, thread: int, item: Item) -> None:
        if thread:
            self._direct.setdefault(thread, []).append((event.call, item))

    def _around(self, thread: int, path: str) -> Item | None:
        direct = self._direct.get(thread)
        if direct:
            return direct[-1][1]
        while path and path not in self._placed:
            path = path.rpartition("/")[0]
        return self._placed.get(path)

    def _count(self, group: Item, event: Event, why: str) -> None:
        """Count a call of a map; calls further below are no calls of its own."""
        kind, counts = event.kind, group.counts
        own = event.parent == group.number
        if kind == "retrying":
            counts["retried"] = counts.get("retried", 0) + 1
            self._tell(group, event, why)
        elif kind == "started":
            if own:
                counts["running"] = counts.get("running", 0) + 1
        elif kind != "attempt":
            del self._calls[event.call]
            if own:
                counts["running"] = counts.get("running", 0) - 1
                counts[kind] = counts.get(kind, 0) + 1

    def _change(self, item: Item, event: Event, why: str) -> None:
        kind = event.kind
        if kind == "attempt":
            if not item.attempts:
                item.began, item.waited = event.at, event.seconds
            item.state, item.attempts = "running", event.attempt + 1
        elif kind == "started":
            pass
        elif kind == "retrying":
            item.state, item.reason = "retrying", why
            self._tell(item, event, why)
        else:
            item.state, item.seconds = kind, event.seconds - item.waited
            if why:
                item.reason = why
            self._calls.pop(event.call, None)
            if item.parent is not None:
                item.parent.open.pop(event.call, None)
                item.parent.counts[kind] = item.parent.counts.get(kind, 0) + 1

    def _tell(self, item: Item, event: Event, why: str) -> None:
        item.told += 1
        if item.told <= FEW:
            where = f" ({event.path})" if event.path else ""
            name = short_name(event.task)
            self.news.append(
                f"{name}{where} attempt {event.attempt + 1} failed after {event.seconds:.2f} s, trying again: {why}"
            )
        elif item.told == FEW + 1:
            self.news.append(f"{item.short}: more attempts failed, and are counted only")


def seconds_of(item: Item) -> float:
    """Return how long a call took, or has taken so far."""
    return item.seconds if item.ended else max(0.0, time.time() - item.began)


def tally(item: Item) -> dict[str, int]:
    """Return how many of a call's children are in which state."""
    counts = dict(item.counts)
    for child in item.open.values():
        counts[child.state] = counts.get(child.state, 0) + 1
    return counts


class Link(NamedTuple):
    """One part of a chain of calls, each of which waited for the one before."""

    item: Item
    seconds: float


def critical_path(item: Item) -> list[Link]:
    """Return the chain of calls that took longest below a call: more workers do not make a run shorter than that."""
    found: dict[int, tuple[float, list[Link]]] = {}
    # Children first, without recursion: workflows may be nested deeply.
    order = [item]
    for each in order:
        if _is_made_of(each):
            order += each.children
    for each in reversed(order):
        found[id(each)] = _longest(each, found)
    return found[id(item)][1]


def _is_made_of(item: Item) -> bool:
    """Whether the time of a call is that of the calls below it, and not that of its own code."""
    return bool(item.children) and item.what != "task"


def _longest(item: Item, found: dict[int, tuple[float, list[Link]]]) -> tuple[float, list[Link]]:
    if not _is_made_of(item):
        return item.seconds, [Link(item, item.seconds)]
    ends: dict[str, float] = {}
    before: dict[str, Item | None] = {}
    by_path = {child.path: child for child in item.children}
    # In the order in which they started, so whatever one waited for comes before it.
    for child in item.children:
        known = [by_path[path] for path in child.upstream if path in ends]
        last = max(known, key=lambda each: ends[each.path], default=None)
        ends[child.path] = found[id(child)][0] + (0.0 if last is None else ends[last.path])
        before[child.path] = last
    at: Item | None = max(item.children, key=lambda each: ends[each.path])
    total, chain = ends[at.path] if at is not None else 0.0, []
    while at is not None:
        chain.append(found[id(at)][1])
        at = before[at.path]
    links = [link for part in reversed(chain) for link in part]
    if item.attempts:  # a dynamic task: its own code ran before the calls that it made
        own = max(0.0, min(child.began for child in item.children) - item.began)
        return total + own, [Link(item, own), *links]
    return total, links


def reason(error: BaseException) -> str:
    """Return what went wrong in one line, without secrets."""
    text = redact(text_of(error))  # before it is cut: half a secret would not be found
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(first) > LONGEST_REASON:
        first = first[: LONGEST_REASON - 3] + "..."
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def short_name(task: str) -> str:
    """Return the last part of a name, of a map without the digest in it that Flyte's names have."""
    return DIGEST.sub("", task.rpartition(".")[2])


def duration(seconds: float) -> str:
    """Return a time as people read it: ``0.53 s``, ``12.4 s``, ``3 min 05 s``."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
