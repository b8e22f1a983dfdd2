"""The report of a task as one HTML page without scripts: what the task wrote into it, and what is known of its run."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Any

from fletching.crossing import LiteralCrossing
from fletching.deck import DeckField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.literals_pb2 import LiteralMap

__all__ = ["ReportedCrossing", "deck_html", "known_sections"]

EMPTY = "<p>The task wrote nothing into its report.</p>\n"
STYLE = "body{font-family:sans-serif;margin:2em}pre{background:#f6f6f6;padding:1em;overflow:auto}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser runs and fetches nothing, whatever text a section holds."""


class ReportedCrossing(LiteralCrossing):
    """The values of an attempt whose report says what they were; it keeps short texts of them, and not themselves."""

    def __init__(self, entity: Any) -> None:
        super().__init__(entity)
        self.sections: dict[str, str] = {}
        """What is known so far, by title."""
        self._begun = time.monotonic()
        self._times: list[tuple[str, float]] = []

    def carry_inputs(self, inputs: LiteralMap) -> dict[str, Any]:
        self._begun = time.monotonic()
        native = super().carry_inputs(inputs)
        self.sections[DeckField.INPUT.value] = _listing(native)
        self._ended("inputs were read")
        return native

    def carry_outputs(self, value: Any) -> LiteralMap:
        self._ended("the task ran")
        made = super().carry_outputs(value)
        self.sections[DeckField.OUTPUT.value] = _listing(self.named_outputs(value))
        self._ended("outputs were written")
        return made

    def _ended(self, what: str) -> None:
        now = time.monotonic()
        self._times.append((what, now - self._begun))
        self._begun = now
        lines = (f"{seconds:10.3f} s  {told}" for told, seconds in self._times)
        self.sections[DeckField.TIMELINE.value] = "\n".join(lines)


def known_sections(task: Any, crossing: ReportedCrossing) -> dict[str, str]:
    """Return the sections that a task's ``deck_fields`` ask for, as far as they are known."""
    found = {}
    for field in task.deck_fields:
        text = crossing.sections.get(field.value, "")
        if field is DeckField.SOURCE_CODE:
            text = _source_of(task)
        elif field is DeckField.DEPENDENCIES:
            text = _installed()
        if text:
            found[field.value] = text
    return found


def _listing(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    from fletching.types.display import preview

    try:
        return preview(value)
    except Exception as problem:  # noqa: BLE001 - a value that cannot be shown is no reason for its task to fail
        return f"({type(value).__name__} that cannot be shown: {type(problem).__name__})"


def _source_of(task: Any) -> str:
    import inspect

    try:
        return inspect.getsource(task.task_function)
    except (AttributeError, OSError, TypeError):
        return ""  # not of a function, or of one that is in no file


def _installed() -> str:
    from importlib.metadata import distributions

    found = {(str(one.metadata["Name"]), str(one.version)) for one in distributions()}
    return "\n".join(f"{name}=={version}" for name, version in sorted(found, key=lambda one: one[0].lower()))


def deck_html(title: str, decks: Mapping[str, str]) -> str:
    """Return a page with a section for each of ``decks``; what they hold is shown as the text it is."""
    from fletching.redaction import redact

    sections = "".join(
        f"<h2>{escape(redact(str(name)))}</h2>\n<pre>{escape(redact(str(text)))}</pre>\n"
        for name, text in decks.items()
    )
    head = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>"
    )
    body = f"<h1>{escape(title)}</h1>\n{sections or EMPTY}"
    return f"<!DOCTYPE html>\n<html>\n<head>\n{head}\n</head>\n<body>\n{body}</body>\n</html>\n"
