"""``fletch render`` and ``fletch package`` in this process: their words in, what they print and their status out."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

__all__ = ["HEAD", "PLAIN", "Printed", "Renderer"]

HEAD = """
import datetime
from dataclasses import dataclass, field

from fletching import *
from fletching import accelerators
from fletching.extend import Interface, PythonFunctionTask, PythonInstanceTask, PythonTask, TaskPlugins

"""
"""What programs of the tests begin with."""

PLAIN = """
def t(a: int) -> int:
    return a
"""
"""The function of a task."""


@dataclass(frozen=True)
class Printed:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed, as JSON."""
        assert self.out, self.err
        return json.loads(self.out)


class Renderer:
    """A folder with files, in which commands are run."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capfd = capfd

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def __call__(self, *words: str) -> Printed:
        """Run a command of ``fletch``; what it imports is forgotten afterwards."""
        self._capfd.readouterr()
        with imports_forgotten():
            try:
                main(list(words))
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        out, err = self._capfd.readouterr()
        return Printed(status, out, err)

    def origins(self, *words: str) -> dict[str, dict[str, list[str]]]:
        """Return where the fields of what ``fletch render --explain`` tells came from, by name and path."""
        told = self("render", *words, "--explain", "--format", "json")
        return {
            f"{one['kind']} {one['name']}": {
                field["path"]: [" ".join(origin.values()) for origin in field["from"]] for field in one["fields"]
            }
            for one in told.data
        }

    def explained(self, name: str, program: str, *words: str) -> dict[str, list[str]]:
        """Return where the fields of one entity of a program came from."""
        self.write("flow.py", HEAD + program)
        return self.origins("flow.py", *words)[name]


@contextmanager
def imports_forgotten() -> Iterator[None]:
    """Have ``sys.path`` and ``sys.modules`` afterwards as they were, but for what is installed.

    No bytecode is written: a file that is changed within a second, to one of the same size, would not be read again.
    """
    path, modules, quiet = list(sys.path), set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = quiet
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            file = str(getattr(sys.modules[name], "__file__", None) or "")
            if "site-packages" not in file and "/src/" not in file and not file.startswith(sys.base_prefix):
                del sys.modules[name]
