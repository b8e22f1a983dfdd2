"""Write the tables of docs/explanation/wire.md from what the tests allow to differ from flytekit.

    python tests/docs/write_wire.py

A test fails when the page is not what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "wire.md"
sys.path.insert(0, str(ROOT / "tests" / "support"))

from wire_comparison import DIFFERENCES, OLD, REFUSALS, WORDS, Difference  # noqa: E402 - found by the line above


def rows(found: list[Difference]) -> str:
    head = "| field | flytekit | Fletching | why |\n|---|---|---|---|\n"
    return head + "".join(f"| {each.field} | {each.theirs} | {each.ours} | {each.reason} |\n" for each in found)


def tables() -> dict[str, str]:
    """Return each table by the name of its place in the page."""
    both = [each for each in DIFFERENCES if each.versions != OLD]
    words = "".join(f"| `{theirs}` | `{ours}` |\n" for theirs, ours in WORDS.items())
    refused = "".join(f"| `{each.program}` | {each.reason} |\n" for each in REFUSALS)
    return {
        "always": rows([each for each in both if not each.only]),
        "words": f"| flytekit's word | ours |\n|---|---|\n{words}",
        "meant": rows([each for each in both if each.only]),
        "old": rows([each for each in DIFFERENCES if each.versions == OLD]),
        "refused": f"| program | why flytekit 1.15.4 does not take it |\n|---|---|\n{refused}",
    }


def page(text: str) -> str:
    """Return the page with its tables written anew."""
    for name, table in tables().items():
        begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(begin)
        text = before + begin + "\n" + table + "\n" + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
