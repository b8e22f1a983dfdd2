"""What a run shows while it goes on: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fletching.errors import text_of
from fletching.redaction import redact
from fletching.run.events import Event, observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["describe", "progress"]


def describe(event: Event) -> str:
    """Return an event as a line of text, or an empty string for one that says nothing new."""
    name = "  " * event.depth + event.task.rpartition(".")[2]
    if event.kind == "started":
        return f"{name} started"
    if event.kind == "retrying":
        return f"{name} attempt {event.attempt + 1} failed after {event.seconds:.2f} s, trying again: {_reason(event)}"
    if event.kind == "cached":
        return f"{name} taken from the cache"
    if event.kind == "finished":
        return f"{name} finished after {event.seconds:.2f} s"
    if event.kind == "failed":
        return f"{name} failed after {event.seconds:.2f} s: {_reason(event)}"
    return ""


def _reason(event: Event) -> str:
    error = event.error
    lines = (text_of(error) if error is not None else "").splitlines() or [""]
    return redact(f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[None]:
    """Show on stderr what tasks do while the block runs."""
    if quiet:
        yield
    elif sys.stderr.isatty():
        with _live() as show, observe(show):
            yield
    else:
        with observe(_line):
            yield


def _line(event: Event) -> None:
    text = describe(event)
    if text:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def _live() -> Iterator[Callable[[Event], None]]:
    """One line with what runs now and since when; a line of its own stays for what went wrong."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    running: dict[int, str] = {}
    done = 0
    with Progress(*columns, console=console, transient=True) as bar:
        line = bar.add_task("")

        def show(event: Event) -> None:
            nonlocal done
            name = event.task.rpartition(".")[2]
            if event.kind in ("started", "attempt"):
                running[event.call] = name if not event.attempt else f"{name} (attempt {event.attempt + 1})"
            elif event.kind == "retrying":
                console.print(describe(event), style="yellow", markup=False, highlight=False)
            else:
                running.pop(event.call, None)
                done += 1
            names = " > ".join(running.values())
            bar.update(line, description=f"{names}  [dim]{done} done[/dim]" if done else names)

        yield show
