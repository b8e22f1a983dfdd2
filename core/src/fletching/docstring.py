"""What a docstring says: summary, body, and a description of each parameter and result."""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Docstring"]

INPUTS = {
    "args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters",
}  # fmt: skip
OUTPUTS = {"returns", "return", "yields", "yield"}
OTHER = {"attributes", "example", "examples", "except", "exceptions", "raises", "warns"}
PROSE = {"note", "notes", "references", "see also", "todo", "warning", "warnings"}
"""Sections that end another one and still belong to the long description where they come first."""
TYPE = r"[\w.]+(?:\[.*?\])?"


class Parsed(NamedTuple):
    short: str | None
    long: str | None
    inputs: dict[str, str]
    outputs: dict[str, str]


class Docstring:
    """A docstring in Google, NumPy or reST style, parsed when first asked.

    Args:
        docstring: the text itself.
        callable_: where to take the text from if it is not given.
    """

    def __init__(self, docstring: str | None = None, callable_: Callable[..., Any] | None = None) -> None:
        self.text = docstring if docstring is not None else (getattr(callable_, "__doc__", None) or "")
        """The docstring as written."""

    @cached_property
    def _parsed(self) -> Parsed:
        return parse(inspect.cleandoc(self.text))

    @property
    def short_description(self) -> str | None:
        """The first paragraph's first line, or None."""
        return self._parsed.short

    @property
    def long_description(self) -> str | None:
        """What follows it, up to the first section, or None."""
        return self._parsed.long

    @property
    def input_descriptions(self) -> dict[str, str]:
        """Parameter to description."""
        return self._parsed.inputs

    @property
    def output_descriptions(self) -> dict[str, str]:
        """Result to description; a result without a name is called ``o0``, ``o1`` … in order."""
        return self._parsed.outputs

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Docstring) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return Docstring, (self.text,)

    def __repr__(self) -> str:
        return f"<Docstring {self.short_description!r}>"


def parse(text: str) -> Parsed:
    """Parse a cleaned docstring in the style it is most likely written in."""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if re.match(
            r"\s*:(param|parameter|arg|argument|key|keyword|returns?|yields?|raises?|type|rtype)\b[^:]*:", line
        ):
            return with_body(lines[:index], *read_rest(lines[index:]))
    for index, line in enumerate(lines[:-1]):
        if is_underline(lines[index + 1], line) and line.strip().lower() in INPUTS | OUTPUTS | OTHER | PROSE:
            return with_body(lines[:index], *read_numpy(lines[index:]))
    for index, line in enumerate(lines):
        section = google_section(line)
        if section and section not in PROSE and index + 1 < len(lines):
            return with_body(lines[:index], *read_google(lines[index:]))
    return with_body(lines, {}, [])


def with_body(lines: list[str], inputs: dict[str, str], results: list[tuple[str, str]]) -> Parsed:
    first, _, rest = "\n".join(lines).strip().partition("\n")
    outputs = {name or f"o{index}": description for index, (name, description) in enumerate(results)}
    return Parsed(first.strip() or None, rest.strip() or None, inputs, outputs)


def paragraph(lines: list[str]) -> str:
    return inspect.cleandoc("\n".join(lines)).strip()


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def blocks(lines: list[str]) -> list[list[str]]:
    """Split lines into items: each begins at the smallest indentation and holds the deeper lines after it."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return []
    margin = min(map(indent, filled))
    items: list[list[str]] = []
    for line in lines:
        if line.strip() and indent(line) == margin:
            items.append([line.strip()])
        elif items:
            items[-1].append(line)
    return items


def item_text(first: str, rest: list[str]) -> str:
    return "\n".join(part for part in (first.strip(), paragraph(rest)) if part)


# --- reST ---


def read_rest(lines: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    inputs: dict[str, str] = {}
    results: list[tuple[str, str]] = []
    chunks: list[list[str]] = []
    for line in lines:
        if line.lstrip().startswith(":") and re.match(r"\s*:\w[^:]*:", line):
            chunks.append([line.strip()])
        elif chunks:
            chunks[-1].append(line)
    for first, *more in chunks:
        match = re.match(r":(\w+)((?:\s+[^\s:]+)*)\s*:\s*(.*)", first)
        if match is None:
            continue
        kind, words, head = match[1], match[2].split(), match[3]
        description = item_text(head, more)
        if kind in {"param", "parameter", "arg", "argument", "key", "keyword"} and words:
            inputs[words[-1].lstrip("*")] = description
        elif kind in {"return", "returns", "yield", "yields"}:
            results.append((words[-1] if words else "", description))
    return inputs, results


# --- NumPy ---


def is_underline(line: str, title: str) -> bool:
    return bool(title.strip()) and re.fullmatch(r"\s*(-{3,}|={3,})\s*", line) is not None


def read_numpy(lines: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    inputs: dict[str, str] = {}
    results: list[tuple[str, str]] = []
    starts = [i for i in range(len(lines) - 1) if is_underline(lines[i + 1], lines[i])]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        title, body = lines[start].strip().lower(), lines[start + 2 : end]
        if title in INPUTS:
            for first, *more in blocks(body):
                for name in first.partition(":")[0].split(","):
                    inputs[name.strip().lstrip("*")] = paragraph(more)
        elif title in OUTPUTS:
            for first, *more in blocks(body):
                name, colon, _ = first.partition(":")
                # "name : type" with text below, "type" with text below, or nothing but prose
                named = bool(colon) and name.strip().isidentifier()
                results.append((name.strip() if named else "", paragraph(more) or ("" if named else first)))
    return inputs, results


# --- Google ---


def google_section(line: str) -> str | None:
    if not line.endswith(":") or line[:1].isspace():
        return None
    title = line[:-1].strip().lower()
    return title if title in INPUTS | OUTPUTS | OTHER | PROSE else None


def read_google(lines: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    inputs: dict[str, str] = {}
    results: list[tuple[str, str]] = []
    starts = [i for i, line in enumerate(lines) if google_section(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        title, body = google_section(lines[start]), lines[start + 1 : end]
        if title in INPUTS:
            for first, *more in blocks(body):
                match = re.match(r"\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:\s*(.*)", first)
                if match:
                    inputs[match[1]] = item_text(match[2], more)
        elif title in OUTPUTS:
            results += google_results(body)
    return inputs, results


def google_results(body: list[str]) -> list[tuple[str, str]]:
    """Read a Returns section: ``name (type): text`` once or several times, ``type: text``, or prose."""
    named = [re.match(r"(\w+)\s*\(.*?\)\s*:\s*(.*)", first) for first, *_ in blocks(body)]
    if named and all(named):
        items = zip(named, blocks(body), strict=True)
        return [(match[1], item_text(match[2], more)) for match, (_, *more) in items if match]
    text = paragraph(body)
    match = re.match(rf"{TYPE}(?:\s*\|\s*{TYPE})*:\s+(.*)", text, re.DOTALL)
    return [("", match[1].strip() if match else text)] if text else []
