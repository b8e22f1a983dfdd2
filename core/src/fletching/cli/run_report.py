"""How a run ended, told on the command line: its outputs, or the error with the user's own frames."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from fletching.cli.output import Watched
from fletching.cli.values import bare, plain
from fletching.errors import FletchingError, text_of
from fletching.frames import is_ours
from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.executable import Executable

__all__ = ["only_ours", "show_failure", "show_outputs", "write_json"]


@contextmanager
def only_ours(as_json: bool) -> Iterator[IO[str]]:
    """Keep stdout for us alone: what the task prints, here or in another process, goes to stderr meanwhile."""
    if not as_json:
        yield sys.stdout
        return
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    out: Any = Watched(os.fdopen(os.dup(ours), "w", encoding="utf-8"))
    try:
        yield out
    finally:
        out.close()
        with suppress(ValueError):  # the task may have closed it
            sys.stdout.flush()
        os.dup2(ours, 1)
        os.close(ours)


def write_json(
    out: IO[str], entity: Executable, seconds: float, *, value: Any = None, error: BaseException | None = None
) -> None:
    """Write the outputs or the error as one JSON object."""
    result: dict[str, Any] = {"task": entity.name, "status": "succeeded" if error is None else "failed"}
    result["seconds"] = round(seconds, 6)
    if error is None:
        types = entity.python_interface.outputs
        named = entity.python_interface.named_outputs(value)
        result["outputs"] = {name: plain(each, types[name]) for name, each in named.items()}
    else:
        notes = [redact(str(note)) for note in getattr(error, "__notes__", ())]
        result["error"] = {"type": type(error).__qualname__, "message": redact(text_of(error)), "notes": notes}
    out.write(json.dumps(result) + "\n")
    out.flush()


def show_outputs(entity: Executable, value: Any) -> None:
    """Print the outputs for people."""
    outputs = entity.python_interface.named_outputs(value)
    for name, each in outputs.items():
        data = plain(each, bare(entity.python_interface.outputs[name]))
        text = each if isinstance(each, str) else data if isinstance(data, str) else json.dumps(data, indent=2)
        click.echo(text if len(outputs) == 1 else f"{name}: {text}")


def show_failure(error: BaseException, what: str = "") -> None:
    """Print the traceback of the user's own frames, and the error with its notes."""
    report = traceback.TracebackException.from_exception(error)
    for each in _chain(report):
        kept = [
            frame
            for frame in each.stack
            if not (is_ours(frame.filename) or frame.filename.startswith("<frozen importlib"))
        ]
        each.stack = traceback.StackSummary.from_list(kept)
    lines = (
        report.format_exception_only() if isinstance(error, FletchingError) and not report.stack else report.format()
    )
    click.echo(redact("".join(lines)).rstrip(), err=True)
    if what:
        click.echo(what, err=True)


def _chain(report: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    while report is not None:
        yield report
        report = report.__cause__ or report.__context__
