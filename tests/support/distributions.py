"""Fake distributions in a folder, as an installer would leave them: metadata, entry points, modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Site", "entry_points_text", "metadata_text"]

SOURCE = Path(__file__).resolve().parents[2] / "core" / "src"


def metadata_text(name: str, version: str, requires: tuple[str, ...] = ()) -> str:
    """Return a METADATA file."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires)]) + "\n"


def entry_points_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Return an entry_points.txt."""
    return "\n".join(
        f"[{group}]\n" + "\n".join(f"{name} = {value}" for name, value in entries.items())
        for group, entries in groups.items()
    )


class Site:
    """A folder of distributions, to be put on ``sys.path``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        name: str,
        groups: Mapping[str, Mapping[str, str]] | None = None,
        *,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
        modules: Mapping[str, str] | None = None,
    ) -> Path:
        """Install a distribution; ``groups`` are given without our prefix. Return its metadata folder."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(metadata_text(name, version, requires), encoding="utf-8")
        if groups:
            ours = {f"fletching.{kind}": entries for kind, entries in groups.items()}
            (info / "entry_points.txt").write_text(entry_points_text(ours), encoding="utf-8")
        for module, text in (modules or {}).items():
            file = self.folder / f"{module.replace('.', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        return info

    def run(
        self, program: str, *, env: Mapping[str, str] | None = None, args: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python program with this folder on its path, and return what it printed."""
        path = os.pathsep.join([str(self.folder), str(SOURCE)])
        command = [sys.executable, "-P", "-W", "error::DeprecationWarning", "-c", dedent(program), *args]
        return subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": path, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def forget(self) -> None:
        """Take what was imported from this folder out of ``sys.modules``."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]
