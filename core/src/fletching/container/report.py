"""The report of a task as one HTML page without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["deck_html"]

EMPTY = "<p>The task wrote nothing into its report.</p>\n"
STYLE = "body{font-family:sans-serif;margin:2em}pre{background:#f6f6f6;padding:1em;overflow:auto}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser runs and fetches nothing, whatever text a section holds."""


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
