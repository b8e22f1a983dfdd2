"""What a run shows while it goes on: a live tree on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from threading import get_ident
from typing import TYPE_CHECKING, Any

from fletching.cli.progress_model import GROUPS, reason, short_name
from fletching.cli.run_streams import beneath
from fletching.context import current_execution
from fletching.redaction import redact
from fletching.run.events import Event, observe

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MODES", "PlainLines", "progress"]

MODES = ("tree", "plain", "json", "none")

FEW = 5
"""So many calls of a map are told one by one; from then on only those that fail, and how many are done."""
ENDS = frozenset({"finished", "failed", "cached", "recovered", "skipped", "cancelled"})
STEPS = (1, 2, 5)
"""How many are done is told at these, times ten, a hundred, and so on."""


def describe(event: Event) -> str:
    """Return an event as a line of text, or an empty string for one that says nothing new."""
    where = f" ({event.path})" if event.path else ""
    name = redact("  " * event.depth + short_name(event.task) + where)
    if event.kind == "started":
        return f"{name} started"
    if event.kind == "retrying":
        return f"{name} attempt {event.attempt + 1} failed after {event.seconds:.2f} s, trying again: {_reason(event)}"
    if event.kind == "cached":
        return f"{name} taken from the cache"
    if event.kind == "recovered":
        return f"{name} taken from the earlier run"
    if event.kind == "finished":
        return f"{name} finished after {event.seconds:.2f} s"
    if event.kind == "failed":
        return f"{name} failed after {event.seconds:.2f} s: {_reason(event)}"
    if event.kind == "cancelled":
        return f"{name} stopped after {event.seconds:.2f} s"
    return f"{name} skipped" if event.kind == "skipped" else ""


def _reason(event: Event) -> str:
    return "" if event.error is None else reason(event.error)


class PlainLines:
    """Writes a line for what happened to a call, and a few for the many calls of a map."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._maps: dict[int, list[int]] = {}
        """Of each open map by the number of its call: how many of its calls began, ended, and failed."""
        self._quiet: dict[int, str] = {}
        """The open calls of maps, and calls below them, of which only failures are told; and where each stands."""
        self._quiet_here: dict[int, int] = {}
        """How many such calls tasks made themselves, by the thread that they are on."""

    def hear(self, event: Event) -> None:
        """Write what an event says."""
        with self._lock:
            text = self._line(event)
            if text:
                with suppress(OSError, ValueError):  # who read it may be gone, and the run goes on
                    self._stream.write(f"{text}\n")
                    self._stream.flush()

    def _line(self, event: Event) -> str:
        call, kind = event.call, event.kind
        ended = kind in ENDS
        if event.what in GROUPS:
            if kind == "started":
                self._maps[call] = [0, 0, 0]
            elif ended:
                self._maps.pop(call, None)
        counts = self._maps.get(event.parent)
        if kind == "started" and counts is not None:
            counts[0] += 1
        if kind == "started" and (counts[0] > FEW if counts is not None else self._is_inside(event)):
            self._quiet[call] = event.path
        quiet = call in self._quiet
        if quiet and event.depth and not event.parent and kind in ("started", *ENDS):
            here = get_ident()
            self._quiet_here[here] = self._quiet_here.get(here, 0) + (-1 if ended else 1)
        if ended:
            self._quiet.pop(call, None)
            if counts is not None:
                counts[1] += 1
                counts[2] += kind == "failed"
        told = describe(event) if not quiet or kind in ("retrying", "failed") else ""
        count = _count_line(event, *counts[1:]) if quiet and ended and counts is not None else ""
        return "\n".join(filter(None, (told, count)))

    def _is_inside(self, event: Event) -> bool:
        """Whether a call stands below one that is not told."""
        if event.parent or not event.depth:
            return event.parent in self._quiet
        # A call from a task's own code: only its thread knows where it is.
        outer = current_execution()
        return self._quiet_here.get(get_ident(), 0) > 0 or (
            outer is not None and bool(outer.path) and outer.path in self._quiet.values()
        )


def _count_line(event: Event, done: int, failed: int) -> str:
    """Return how much of a map is done, at round numbers only."""
    power = 10 ** (len(str(done)) - 1)
    if done % power or done // power not in STEPS:
        return ""
    wrong = f", {failed:,} of them failed" if failed else ""
    where = f" ({event.path.rpartition('/')[0]})" if "/" in event.path else ""
    return redact(f"{'  ' * event.depth}{short_name(event.task)}{where} {done:,} done{wrong}")


def mode_for(stream: Any) -> str:
    """Return the renderer that suits a stream."""
    from fletching.cli.progress_screen import can_redraw

    return "tree" if can_redraw(stream) else "plain"


@contextmanager
def progress(mode: str | None = None, *, run: str = "") -> Iterator[None]:
    """Show on stderr what tasks do while the block runs.

    Args:
        mode: one of `MODES`; None for what suits the stream.
        run: id of the run, for JSON lines.
    """
    stream = beneath(sys.stderr)
    mode = mode or mode_for(stream)
    if mode == "none" or stream is None:
        yield
    elif mode == "tree":
        from fletching.cli.progress_model import Model
        from fletching.cli.progress_tree import live_tree

        model = Model()
        with live_tree(model, stream), observe(model.hear):
            yield
    elif mode == "json":
        from fletching.cli.progress_json import JsonLines

        lines = JsonLines(stream)
        lines.write({"event": "run", "run": run})
        with observe(lines.hear):
            yield
    else:
        with observe(PlainLines(stream).hear):
            yield
