"""The page about ``fletch render`` shows what ``--explain`` prints."""

from __future__ import annotations

import re
import shlex

from fletching.versions import own_version
from rendering import Renderer
from repository import ROOT

PAGE = (ROOT / "docs" / "how-to" / "render.md").read_text(encoding="utf-8")


def words(text: str) -> list[list[str]]:
    """Return the words of each line: how wide a column is depends on the version in it."""
    return [line.split() for line in text.splitlines()]


def test_the_page_shows_what_explain_prints(fletch: Renderer) -> None:
    (program,) = re.findall(r'```python title="flow.py"\n(.*?)```', PAGE, re.DOTALL)
    fletch.write("flow.py", program)
    ((command, shown),) = re.findall(r"\$ fletch ([^\n]*--explain[^\n]*)\n```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    printed = fletch(*shlex.split(command))
    assert printed.status == 0, printed.err
    assert words(printed.out.replace(own_version(), "0.1.0")) == words(shown)
