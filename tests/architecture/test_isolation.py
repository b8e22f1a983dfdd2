"""Core alone, and core with exactly one plugin, from built wheels in fresh environments."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from repository import CORE, PLUGINS, ROOT, Member, run_python

MOST_DISTRIBUTIONS = 16
MOST_MEGABYTES = 25

FIRST_TASK = """
import fletching

@fletching.task
def add(a: int, b: int = 2) -> int:
    return a + b

assert add(a=1) == 3
"""

LOAD_EVERYTHING = """
import warnings
warnings.simplefilter("error")
from fletching.extend import manager
for entry in manager().entries():
    print(entry.kind, entry.name, manager().load(entry.kind, entry.name))
"""


class Environment:
    """A fresh environment with a few wheels."""

    def __init__(self, uv: str, folder: Path, wheels: list[Path]) -> None:
        self.folder = folder / "environment"
        self.python = self.folder / "bin" / "python"
        self._uv = uv
        self._run("venv", "--no-project", "--python", sys.executable, str(self.folder))
        self._run(
            "pip",
            "install",
            "--python",
            str(self.python),
            "--constraints",
            str(ROOT / "constraints.txt"),
            *map(str, wheels),
        )

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._uv, "--quiet", *arguments], cwd=self.folder.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def distributions(self) -> list[str]:
        """Tell what is installed."""
        lines = subprocess.check_output(
            [self._uv, "pip", "freeze", "--quiet", "--python", self.python], text=True
        ).splitlines()
        return sorted(line.partition("==")[0].partition(" @")[0] for line in lines)

    def megabytes(self) -> float:
        """Tell how large the installed files are."""
        packages = next(self.folder.glob("lib/python*/site-packages"))
        return sum(file.stat().st_size for file in packages.rglob("*") if file.is_file()) / 1e6


def test_core_alone_is_small_and_runs(uv: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(uv, tmp_path, [wheels[CORE.distribution]])
    installed, size = environment.distributions(), environment.megabytes()
    assert len(installed) <= MOST_DISTRIBUTIONS, installed
    assert size <= MOST_MEGABYTES
    run_python("-W", "error", "-c", FIRST_TASK, python=environment.python)
    assert json.loads(run_python("-m", "fletching", "plugins", "--json", python=environment.python).stdout) == []
    (tmp_path / "first.py").write_text(FIRST_TASK)
    command = environment.folder / "bin" / "fletch"
    done = subprocess.run(
        [command, "run", "first.py", "add", "--a", "40", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout


def test_every_module_of_core_imports_with_core_alone(uv: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(uv, tmp_path, [wheels[CORE.distribution]])
    names = [name for name in CORE.modules() if not name.endswith("__main__")]
    script = str(Path(__file__).with_name("import_alone.py"))
    assert json.loads(run_python(script, *names, python=environment.python).stdout) == {}


@pytest.mark.parametrize("plugin", PLUGINS, ids=str)
def test_core_with_one_plugin(plugin: Member, uv: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(uv, tmp_path, [wheels[CORE.distribution], wheels[plugin.distribution]])
    others = {other.distribution for other in PLUGINS} - {plugin.distribution}
    assert not others.intersection(environment.distributions())
    listed = json.loads(run_python("-m", "fletching", "plugins", "--json", python=environment.python).stdout)
    wanted = {
        (group.removeprefix("fletching."), name) for group, names in plugin.entry_points.items() for name in names
    }
    assert {(entry["kind"], entry["name"]) for entry in listed} == wanted
    assert {entry["distribution"] for entry in listed} == {plugin.distribution}
    assert not [entry for entry in listed if entry["state"] != "ok"]
    run_python("-c", LOAD_EVERYTHING, python=environment.python, FLETCHING_STRICT="1")
    run_python("-W", "error", "-c", FIRST_TASK, python=environment.python, FLETCHING_STRICT="1")
