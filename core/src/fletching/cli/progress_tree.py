"""The live tree: what runs, since when, how much of it is done; at the end, what took how long."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.cli.progress_capture import capture, own_stream
from fletching.cli.progress_model import GROUPS, Item, Model, critical_path, duration, seconds_of, tally
from fletching.cli.progress_screen import Above, Screen, can_redraw, is_colored, speaks_unicode, terminal_size
from fletching.cli.run_streams import Teed, beneath
from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.cli.progress_model import Link

__all__ = ["Tree", "live_tree"]

PAUSE = 0.1
"""Seconds between two drawings."""
SHARE = 0.005
"""The share of a processor that drawing may take: after a drawing that took long, the next one comes later."""
DEEPEST = 8
WIDEST = 20
"""So many calls side by side stay in the summary."""
LONGEST = 100
"""So many lines has the summary."""
SHOWN_LINKS = 8
"""So many parts of the critical path are named."""

STYLES = {
    "waiting": ("·", ".", "2"),
    "running": ("●", "*", "36"),
    "retrying": ("↻", "~", "33"),
    "finished": ("✓", "+", "32"),
    "cached": ("≡", "=", "32"),
    "recovered": ("↺", "=", "32"),
    "failed": ("✗", "x", "31"),
    "skipped": ("-", "-", "2"),
    "cancelled": ("■", "#", "33"),
}
"""The symbol, the one for terminals without Unicode, and the color of each state."""

WORDS = (
    ("finished", "done"),
    ("cached", "cached"),
    ("recovered", "recovered"),
    ("running", "running"),
    ("retrying", "retrying"),
    ("waiting", "waiting"),
    ("failed", "failed"),
    ("cancelled", "cancelled"),
    ("skipped", "skipped"),
    ("retried", "retried"),
)


class Row(NamedTuple):
    """One line of the tree: a call, or what stands for several."""

    depth: int
    item: Item | None
    more: str = ""
    """Of a line for several calls: what they are."""


class Tree:
    """Makes lines of a model."""

    def __init__(self, model: Model, stream: Any) -> None:
        self._model = model
        self._unicode = speaks_unicode(stream)
        self._colors = is_colored(stream)

    def live(self, width: int, height: int) -> list[str]:
        """Return what is shown now, in fewer lines than the terminal has."""
        with self._model.lock:
            rows: list[Row] = []
            for depth in range(DEEPEST, -1, -1):
                rows = self._rows(depth, height - 1, only_open=True)
                if len(rows) < height:
                    break
            return [self._line(row, width, final=False) for row in rows[: height - 1]]

    def summary(self, width: int) -> list[str]:
        """Return what stays."""
        with self._model.lock:
            roots = self._model.roots
            rows: list[Row] = []
            for depth in range(DEEPEST, -1, -1):
                rows = self._rows(depth, LONGEST, only_open=False)
                if len(rows) <= LONGEST:
                    break
            lines = [self._line(row, width, final=True) for row in rows[:LONGEST]]
            if len(roots) == 1 and roots[0].children and roots[0].what != "task":
                lines.append(self._critical(roots[0], width))
        return lines

    def _rows(self, deepest: int, most: int, *, only_open: bool) -> list[Row]:
        rows: list[Row] = []
        waiting: list[Row] = [Row(0, root) for root in reversed(self._model.roots[-most:])]
        while waiting and len(rows) <= most:
            row = waiting.pop()
            rows.append(row)
            item = row.item
            if item is None or row.depth >= deepest or not item.children or (only_open and item.ended and row.depth):
                continue
            room = max(1, most - 1 - len(rows) - len(waiting)) if row.depth == 0 and only_open else WIDEST
            waiting += reversed(self._below(item, row.depth + 1, room))
        return rows

    def _below(self, item: Item, depth: int, room: int) -> list[Row]:
        """Return the rows of a call's children: all, or those that run and one for the others."""
        children = item.children
        if len(children) <= room:
            return [Row(depth, child) for child in children]
        chosen = list(item.open.values())[: room - 1]
        if not chosen:
            # What went wrong is what people look for; then what took long.
            wrong = [child for child in children if child.state in ("failed", "cancelled")]
            rest = sorted((child for child in children if child.state not in ("failed", "cancelled")), key=_slowest)
            kept = {id(child) for child in [*wrong, *rest][: room - 1]}
            chosen = [child for child in children if id(child) in kept]
        counts = tally(item)
        for child in chosen:
            counts[child.state] -= 1
        return [*(Row(depth, child) for child in chosen), Row(depth, None, _counted(counts))]

    def _line(self, row: Row, width: int, *, final: bool) -> str:
        item = row.item
        indent = "  " * row.depth
        if item is None:
            return self.styled(
                "2", _cut(f"{indent}… and {row.more}" if self._unicode else f"{indent}and {row.more}", width)
            )
        sign, plain, color = STYLES[item.state]
        where = f" ({item.tail})" if item.tail and item.tail != item.short else ""
        name = f"{item.short}{where}" if item.what in ("task", "workflow") else f"{item.short}{where} [{item.what}]"
        left = _cut(f"{indent}{sign if self._unicode else plain} {redact(name)}", width)
        notes = ", ".join(self._notes(item, final=final))
        right = _cut(f"  {notes}", width - _width(left)) if notes else ""
        colored = f"{indent}{self.styled(color, left[len(indent) : len(indent) + 1])}{left[len(indent) + 1 :]}"
        return colored + self.styled("31" if item.state == "failed" else "2", right)

    def _notes(self, item: Item, *, final: bool) -> Iterator[str]:
        if item.state in ("cached", "recovered", "skipped", "cancelled"):
            yield item.state
        if item.state != "skipped" and (item.state != "waiting" or seconds_of(item) >= 1):
            yield duration(seconds_of(item))
        if item.state == "waiting":
            yield "waiting"
        if item.what in GROUPS and item.counts:
            yield _counted_of(item.counts, item.size)
        elif item.children and not final:
            yield _counted(tally(item))
        if item.attempts > 1:
            yield f"{item.attempts} attempts" if item.ended else f"attempt {item.attempts}"
        if item.state in ("failed", "retrying") and item.reason:
            yield item.reason

    def _critical(self, root: Item, width: int) -> str:
        links = critical_path(root)
        total = sum(link.seconds for link in links)
        share = f", {min(1.0, total / root.seconds):.0%} of {duration(root.seconds)}" if root.seconds > 0 else ""
        arrow = " → " if self._unicode else " -> "
        return _cut(f"critical path {duration(total)}{share}: {arrow.join(_told(links))}", 10 * width)

    def styled(self, color: str, text: str) -> str:
        """Return a text in a color, where colors are wanted."""
        return f"\x1b[{color}m{text}\x1b[0m" if self._colors and text else text


def _told(links: list[Link]) -> Iterator[str]:
    """Tell the parts of a chain, without those that took hardly any time."""
    least = sum(link.seconds for link in links) / 100
    kept = [link for link in sorted(links, key=lambda link: -link.seconds)[:SHOWN_LINKS] if link.seconds >= least]
    left_out = 0
    for link in links:
        if any(link is each for each in kept):
            if left_out:
                yield f"{left_out} more"
            left_out = 0
            path = f" ({link.item.path})" if link.item.path else ""
            yield redact(f"{link.item.short}{path} {duration(link.seconds)}")
        else:
            left_out += 1
    if left_out:
        yield f"{left_out} more"


def _slowest(item: Item) -> float:
    return -item.seconds


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[state]:,} {word}" for state, word in WORDS if counts.get(state))


def _counted_of(counts: dict[str, int], size: int | None) -> str:
    """Return how much of a map is done, and how: ``17/500, 3 running, 1 failed``."""
    if size is None:
        return _counted(counts)
    done = sum(counts.get(state, 0) for state in STYLES if state not in ("waiting", "running", "retrying"))
    others = _counted({state: count for state, count in counts.items() if state != "finished"})
    return f"{done:,}/{size:,}" + (f", {others}" if others else "")


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    """Return a text as it fits, on one line and without what a terminal would obey."""
    from rich.cells import cell_len, set_cell_size

    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width))


@contextmanager
def live_tree(model: Model, out: Any) -> Iterator[None]:
    """Draw the model on ``out`` while the block runs, and leave the summary there.

    Where nothing can be drawn again, as in a file, only the news and the summary are written.
    """
    redraws = can_redraw(out)
    with own_stream(out) as ours:
        drawing = _Drawing(model, ours, redraws=redraws)
        try:
            if redraws:
                with _lines_above(drawing.screen), capture(Above(ours, drawing.screen)), drawing.repeated():
                    yield
            else:
                with drawing.repeated():
                    yield
        finally:
            drawing.finish()


class _Drawing:
    """A model, drawn again and again."""

    def __init__(self, model: Model, ours: Any, *, redraws: bool) -> None:
        self.screen = Screen(ours)
        self._model, self._ours, self._redraws = model, ours, redraws
        self._tree = Tree(model, ours)
        self._over = threading.Event()

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Draw while the block runs."""
        thread = threading.Thread(target=self._repeat, name="fletching-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def finish(self) -> None:
        """Leave the summary."""
        self.screen.answered()
        self._show_news()
        self.screen.draw(())
        self.screen.draw(self._tree.summary(terminal_size(self._ours)[0]))

    def _repeat(self) -> None:
        pause = PAUSE
        while not self._over.wait(pause):
            began = time.thread_time()
            self._show_news()
            asking = self.screen.asking
            if asking is not None and not asking.is_alive():
                self.screen.answered()
            if self._redraws and self._model.roots:
                self.screen.draw(self._tree.live(*terminal_size(self._ours)))
            pause = max(PAUSE, (time.thread_time() - began) / SHARE)

    def _show_news(self) -> None:
        while self._model.news:
            self.screen.above(f"{self._tree.styled('33', self._model.news.popleft())}\n")


@contextmanager
def _lines_above(screen: Screen) -> Iterator[None]:
    """Have what this process prints to the terminal appear above what is drawn there."""
    replaced: list[tuple[Teed, Any, Above]] = []
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Teed) and can_redraw(beneath(stream)):
            above = Above(stream.below, screen)
            replaced.append((stream, stream.below, above))
            stream.below = above
    try:
        yield
    finally:
        for stream, before, above in replaced:
            above.finish()
            stream.below = before
