"""What the tests about the repository know of it: its members, their modules, a clean process, a fresh environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["MEMBERS", "PLUGINS", "ROOT", "SOURCES", "Member", "clean_environment", "load_toml", "run_python"]

ROOT = Path(__file__).resolve().parents[2]


def load_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Member:
    """One distribution of the workspace."""

    folder: Path

    @cached_property
    def project(self) -> dict[str, Any]:
        """The ``[project]`` table."""
        table: dict[str, Any] = load_toml(self.folder / "pyproject.toml")["project"]
        return table

    @property
    def distribution(self) -> str:
        """The distribution's name."""
        name: str = self.project["name"]
        return name

    @property
    def package(self) -> str:
        """The import name."""
        return self.distribution.replace("-", "_")

    @property
    def source(self) -> Path:
        """The folder of the import package."""
        return self.folder / "src" / self.package

    @property
    def entry_points(self) -> dict[str, dict[str, str]]:
        """Entry points of Fletching's groups by group and name."""
        groups: dict[str, dict[str, str]] = self.project.get("entry-points", {})
        return {group: names for group, names in groups.items() if group.startswith("fletching.")}

    def modules(self) -> dict[str, Path]:
        """Tell each module's dotted name and file."""
        found = {}
        for file in sorted(self.source.rglob("*.py")):
            parts = file.relative_to(self.source.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
        return found

    def __str__(self) -> str:
        return self.folder.name


CORE = Member(ROOT / "core")
PLUGINS = [Member(file.parent) for file in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
MEMBERS = [CORE, *PLUGINS]
SOURCES = {name: file for member in MEMBERS for name, file in member.modules().items()}
"""Every module of every member."""


def clean_environment(**changes: str) -> dict[str, str]:
    """Copy the process's environment without what would change how Python starts."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE_", "FLETCHING_"))
    }
    return {**kept, "FLETCHING_HOME": os.environ["FLETCHING_HOME"], **changes}


def run_python(
    *arguments: str, python: str | Path = sys.executable, cwd: Path | None = None, check: bool = True, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with ``arguments``; ``changes`` go into its environment.

    Raises:
        AssertionError: it failed, and ``check`` is true; with what it printed.
    """
    done = subprocess.run(
        [str(python), *arguments],
        env=clean_environment(**changes),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
