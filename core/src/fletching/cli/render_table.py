"""What ``fletch render --explain`` prints for people: a message as a tree, and beside each value where it came from."""

from __future__ import annotations

import io
import os
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console
    from rich.text import Text

    from fletching.cli.render_explain import Explained, Field
    from fletching.cli.render_origin import Origin

__all__ = ["table"]

COLOURS = {
    "task": "cyan",
    "workflow": "blue",
    "launch plan": "blue",
    "override": "magenta",
    "settings": "yellow",
    "plugin": "green",
    "default": "bright_black",
}

WIDTH = 120
"""Where the width of the terminal is not known, as in a pipe."""

LINES = "│├└─ "

NARROW = 20
"""No column is narrower."""

LONG = 120
"""A longer value is cut; ``--format json`` has it whole."""

MANY = 3
"""So many sources of one kind are named, and no more."""


class Row(NamedTuple):
    """One line of the tree, and the lead of the lines that go on with it."""

    label: str
    lead: str = ""
    value: str = ""
    origins: tuple[Origin, ...] = ()


BRANCH = Row("")


def table(found: Iterable[Explained], out: IO[str]) -> str:
    """Return a table for each entity, as wide as what it is written to and in colour if that has any."""
    from rich.console import Console

    text = io.StringIO()
    colour = out.isatty() and "NO_COLOR" not in os.environ
    wide = None if out.isatty() or "COLUMNS" in os.environ else WIDTH
    console = Console(file=text, force_terminal=colour, no_color=not colour, width=wide, highlight=False, emoji=False)
    for at, each in enumerate(found):
        if at:
            console.print()
        _print(console, each)
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n"))


def _print(console: Console, one: Explained) -> None:
    from rich.text import Text

    rows = list(_rows(_tree(one.fields)))
    head = Text.assemble((one.kind, "bold"), " ", (one.name, "bold cyan"))
    first = max(cell_width(head.plain), *(cell_width(row.label) for row in rows)) + 2
    room = max(console.width - first - 2, 2 * NARROW)
    longest = max((cell_width(_from(row.origins).plain) for row in rows), default=0)
    widest = max((cell_width(row.value) for row in rows), default=0)
    third = max(min(longest, max(room * 2 // 5, room - widest)), NARROW)
    second = max(min(room - third, widest), len("value"))
    console.print(_line([head, Text("value", "bold"), Text("from", "bold")], [first, second + 2]))
    for row in rows:
        # What nobody said stands back, so that what somebody said stands out.
        colour = COLOURS["default"] if all(origin.kind == "default" for origin in row.origins) else ""
        values = Text(row.value, colour).wrap(console, second) or [Text()]
        origins = _from(row.origins).wrap(console, third) or [Text()]
        for at in range(max(len(values), len(origins))):
            cells = [each[at] if at < len(each) else Text() for each in (values, origins)]
            label = _label(row.label if at == 0 else row.lead)
            console.print(_line([label, *cells], [first, second + 2]), soft_wrap=True)
    counted = Counter(origin.kind for field in one.fields for origin in field.origins[:1])
    told = [Text(f"{count} {kind}", COLOURS[kind]) for kind, count in counted.most_common()]
    console.print(Text.assemble((f"{len(one.fields)} fields: ", "bold"), Text(", ").join(told)), soft_wrap=True)


def _label(text: str) -> Text:
    """Return a label with the lines of the tree in front of it, which are no part of it."""
    from rich.text import Text

    name = text.lstrip(LINES)
    return Text.assemble((text[: len(text) - len(name)], COLOURS["default"]), name)


def _line(cells: list[Text], widths: list[int]) -> Text:
    from rich.text import Text

    line = Text()
    for cell, width in zip(cells, [*widths, 0], strict=True):
        cell.rstrip()
        line.append_text(cell)
        line.append(" " * max(width - cell.cell_len, 0))
    return line


def cell_width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    from rich.cells import cell_len

    return cell_len(text)


def _from(origins: tuple[Origin, ...]) -> Text:
    """Return where a field came from in words: each kind once, and what of that kind."""
    from rich.text import Text

    by_kind: dict[str, list[str]] = {}
    for origin in origins:
        by_kind.setdefault(origin.kind, []).append(origin.name)
    parts = []
    for kind, names in by_kind.items():
        shown = [name for name in names[:MANY] if name]
        rest = f" and {len(names) - MANY} more" if len(names) > MANY else ""
        words = f" {', '.join(shown)}{rest}" if shown else ""
        parts.append(Text.assemble((kind, COLOURS[kind]), (words, COLOURS["default"] if kind == "default" else "")))
    return Text("; ").join(parts)


# The tree


def _tree(fields: Iterable[Field]) -> dict[str, Any]:
    """Return fields by the steps of their paths; a field is a leaf."""
    root: dict[str, Any] = {}
    for field in fields:
        *steps, last = _steps(field.path)
        inner = root
        for step in steps:
            inner = inner.setdefault(step, {})
        inner[last] = field
    return root


def _steps(path: str) -> list[str]:
    """Return the names and the bracketed labels of a path; a label may hold dots and brackets."""
    import re

    return re.findall(r'\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]|[^.\[]+', path)


def _rows(tree: dict[str, Any], indent: str = "") -> Iterator[Row]:
    items = list(_items(tree))
    for at, (label, row, inner) in enumerate(items):
        last = at == len(items) - 1
        lead, below = (indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "))
        yield row._replace(label=lead + label, lead=below)
        yield from _rows(inner, below)


def _items(tree: dict[str, Any]) -> Iterator[tuple[str, Row, dict[str, Any]]]:
    """Tell what stands below a branch, and below that: words of a list of one source as one, lone branches as one."""
    run: list[tuple[str, Field]] = []
    for label, inner in tree.items():
        if not isinstance(inner, dict) and label.strip("[]").isdigit():
            if run and run[-1][1].origins != inner.origins:
                yield _joined(run)
                run = []
            run.append((label, inner))
            continue
        row = BRANCH
        while isinstance(inner, dict):
            named = _named(label, inner)
            rest = {step: each for step, each in inner.items() if step != named}
            if named is not None and rest:
                # The label of a list's item shows the field already; where that came from is told beside the label.
                row, inner = Row("", origins=inner[named].origins), rest
            if len(inner) != 1:
                break
            ((step, deeper),) = inner.items()
            label, inner = label + (step if step.startswith("[") else f".{step}"), deeper
        if isinstance(inner, dict):
            yield label, row, inner
        else:
            yield label, _row([inner]), {}
    if run:
        yield _joined(run)


def _named(label: str, inner: dict[str, Any]) -> str | None:
    """Return the field that the label of a list's item was taken from, or None."""
    name = label.rpartition("[")[2].removesuffix("]") if label.endswith("]") else None
    fields = (
        step for step, each in inner.items() if step in ("id", "key", "name", "var") and not isinstance(each, dict)
    )
    return next((step for step in fields if inner[step].value == name), None)


def _joined(run: list[tuple[str, Field]]) -> tuple[str, Row, dict[str, Any]]:
    first, last = run[0][0], run[-1][0]
    label = first if first == last else f"{first[:-1]}…{last[1:]}"
    return label, _row([field for _, field in run]), {}


def _row(fields: list[Field]) -> Row:
    import json

    words = [each.value if isinstance(each.value, str) else json.dumps(each.value) for each in fields]
    text = redact(" ".join(words))
    if len(fields) == 1 and len(text) > LONG:
        text = f"{text[:LONG]}… ({len(text)} characters)"
    return Row("", value=text, origins=fields[0].origins)
