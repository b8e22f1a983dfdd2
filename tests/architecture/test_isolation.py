"""Core alone, and core with exactly one plugin, from built wheels in fresh environments."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from environments import Environment
from repository import CORE, PLUGINS, Member, run_python

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
from importlib.util import find_spec
from fletching.extend import manager
for entry in manager().entries():
    # Nobody can mention a type of a library that is not installed.
    if entry.kind != "types" or find_spec(entry.name.partition(".")[0]):
        print(entry.kind, entry.name, manager().load(entry.kind, entry.name))
"""


def test_core_alone_is_small_and_runs(wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(tmp_path, wheels[CORE.distribution])
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


def test_every_module_of_core_imports_with_core_alone(wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(tmp_path, wheels[CORE.distribution])
    # The conformance kit is for environments with pytest: the extra "testing" brings it.
    kit = ("fletching.testing.", "fletching.__main__")
    names = [name for name in CORE.modules() if not name.startswith(kit)]
    script = str(Path(__file__).with_name("import_alone.py"))
    assert json.loads(run_python(script, *names, python=environment.python).stdout) == {}


@pytest.mark.parametrize("plugin", PLUGINS, ids=str)
def test_core_with_one_plugin(plugin: Member, wheels: dict[str, Path], tmp_path: Path) -> None:
    environment = Environment(tmp_path, wheels[CORE.distribution], wheels[plugin.distribution])
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
