"""Fresh environments with a few wheels in them, and the wheels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from repository import ROOT

__all__ = ["Environment", "build_wheel", "run_uv"]


AMBIENT = ("UV_CONSTRAINT", "UV_OVERRIDE")
"""What the development environment asks of uv: it is not for the environments that tests make."""


def run_uv(*arguments: str | Path, cwd: Path = ROOT) -> str:
    """Run the pinned uv and return what it printed."""
    command = [find_uv_bin(), "--quiet", *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if name not in AMBIENT}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def build_wheel(project: Path, folder: Path) -> Path:
    """Build a project's wheel, by way of its source distribution, into an empty ``folder``."""
    run_uv("build", "--build-constraints", ROOT / "constraints.txt", "--out-dir", folder, project)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """A fresh environment with a few wheels; an item may also be ``wheel[extra]``."""

    def __init__(self, folder: Path, *wheels: str | Path) -> None:
        self.folder = folder / "environment"
        self.python = self.folder / "bin" / "python"
        run_uv("venv", "--no-project", "--python", sys.executable, self.folder)
        run_uv(
            "pip", "install", "--python", self.python, "--constraints", ROOT / "constraints.txt", *wheels, cwd=folder
        )

    def distributions(self) -> list[str]:
        """Tell what is installed."""
        lines = run_uv("pip", "freeze", "--python", self.python).splitlines()
        return sorted(line.partition("==")[0].partition(" @")[0] for line in lines)

    def megabytes(self) -> float:
        """Tell how large the installed files are."""
        packages = next(self.folder.glob("lib/python*/site-packages"))
        return sum(file.stat().st_size for file in packages.rglob("*") if file.is_file()) / 1e6
