"""Draw the README's picture: the demo, as a terminal shows it.

    python docs/picture.py

Runs ``python -m examples.flights`` on a terminal of its own and writes ``docs/demo.svg``.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from terminals import record  # noqa: E402

WIDTH = 100


def main() -> None:
    """Run the demo and write the picture."""
    environment = {**os.environ, "TERM": "xterm-256color", "FLETCHING_HOME": tempfile.mkdtemp()}
    shown = record([sys.executable, "-m", "examples.flights"], cwd=ROOT, size=(WIDTH, 50), environment=environment)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print("[bold]$ make demo[/bold]")
    for line in shown.screen.text.rstrip().splitlines():
        text = Text(line)
        text.highlight_regex(r"[✓≡↺]", "green")
        text.highlight_regex(r"[█▁▂▃▄▅▆▇]+", "cyan")
        text.highlight_regex(r"^critical path|^Carriers .*|^Hours .*|^Minutes lost, month by month|^From .*", "bold")
        text.highlight_regex(r"\[(?:map|dynamic)\]|\(d?n\d+\)", "dim")
        console.print(text, highlight=False)
    console.save_svg(str(ROOT / "docs" / "demo.svg"), title="make demo")


if __name__ == "__main__":
    main()
