"""Write the reference pages that list public names, from the modules that export them.

    python tests/docs/write_reference.py

A test fails when the pages are not what this writes.
"""

from __future__ import annotations

import importlib
from pathlib import Path

HERE = Path(__file__).parents[2] / "docs" / "reference"

INTRODUCTIONS = {
    "fletching": (
        "What a program imports. A name that a plugin brings, such as `fletching.Echo`, is found here too "
        "when the plugin is installed."
    ),
    "fletching.extend": "What a plugin imports, besides [fletching](fletching.md) and [fletching.errors](errors.md).",
}


def home(module: str, name: str) -> str:
    """Tell where a name is defined, as the documentation's builder finds it."""
    exporting = importlib.import_module(module)
    found = getattr(exporting, name)
    if hasattr(found, "__qualname__"):
        return f"{found.__module__}.{found.__qualname__}"
    return f"fletching.{exporting._HOMES[name]}.{name}"


def page(module: str) -> str:
    """Write a page for all that a module exports."""
    names = sorted(importlib.import_module(module).__all__, key=str.lower)
    entries = "\n".join(f"\n::: {home(module, name)}" for name in names)
    return f"# {module}\n\n{INTRODUCTIONS[module]}\n{entries}\n"


def pages() -> dict[Path, str]:
    """Tell each page's file and text."""
    return {HERE / f"{module.rpartition('.')[2]}.md": page(module) for module in INTRODUCTIONS}


if __name__ == "__main__":
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")
        print(file)
