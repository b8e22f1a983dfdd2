"""What a start may load: told as what it must not load, in a fresh process."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from repository import run_python

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "asyncio",
    "click",
    "cloudpickle",
    "email",
    "flyteidl",
    "google",
    "importlib.metadata",
    "importlib_metadata",
    "json",
    "logging",
    "msgpack",
    "multiprocessing",
    "packaging",
    "pathlib",
    "pluggy",
    "pydantic",
    "rich",
    "sqlite3",
    "subprocess",
    "tempfile",
    "urllib",
}
"""What a first task result must not wait for."""

WARM = """
import sys
from fletching.plugins import PluginManager

for _ in range(500):  # an environment made a moment ago is not settled yet
    PluginManager().names("tasks")
    if "importlib_metadata" not in sys.modules:
        break
    for name in [name for name in sys.modules if name.startswith("importlib_metadata")]:
        del sys.modules[name]
"""

CALL = """
import fletching

@fletching.task
def add(a: int, b: int) -> int:
    return a + b

assert add(a=1, b=2) == 3
assert add(1, 2) == 3
"""


def loaded(script: Path, code: str) -> set[str]:
    """Run ``code`` in a fresh process of a machine that knows what is installed; tell which modules it added."""
    script.write_text(f"import sys\nbefore = set(sys.modules)\n{code}\nprint(sorted(set(sys.modules) - before))\n")
    # -P: the index of what is installed is not written while a folder of sys.path is as new as the script's.
    run_python("-P", "-c", WARM)
    found: set[str] = set(ast.literal_eval(run_python("-P", str(script)).stdout))
    return found


def among(modules: set[str], roots: set[str]) -> set[str]:
    return {name for name in modules if any(name == root or name.startswith(root + ".") for root in roots)}


def test_importing_fletching_loads_no_submodule(tmp_path: Path) -> None:
    modules = loaded(tmp_path / "script.py", "import fletching")
    assert {name for name in modules if name.startswith("fletching")} == {"fletching"}
    assert not among(modules, HEAVY | {"dataclasses", "importlib", "inspect"})


def test_a_local_call_loads_nothing_heavy(tmp_path: Path) -> None:
    modules = loaded(tmp_path / "script.py", CALL)
    assert not among(modules, HEAVY | {"dataclasses", "datetime", "difflib", "inspect", "threading"})
    ours = {"cache", "cli", "hookspecs", "idl", "metadata", "run.local", "testing"}
    assert not among(modules, {f"fletching.{name}" for name in ours})


def test_the_errors_load_nothing_else(tmp_path: Path) -> None:
    modules = loaded(tmp_path / "script.py", "import fletching.errors")
    assert {name for name in modules if name.startswith("fletching")} == {"fletching", "fletching.errors"}


@pytest.fixture
def fifty_plugins(tmp_path: Path) -> Path:
    """A folder for ``sys.path`` with fifty plugins, each of which leaves a mark when it is imported."""
    for number in range(50):
        name = f"fletching_fake{number}"
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'a').write({name!r})\n")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: fletching-fake{number}\nVersion: 1.0\nRequires-Dist: fletching>=0.1\n"
        )
        (info / "entry_points.txt").write_text(
            f"[fletching.tasks]\nfake{number} = {name}:Task\n"
            f"[fletching.commands]\nfake-command{number} = {name}:command\n"
            f"[fletching.types]\n{name} = {name}:transformer\n"
        )
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [["--help"], ["plugins"], ["plugins", "list", "--json"], ["plugins", "why", "fake7"]]
)
def test_telling_about_plugins_imports_none(fifty_plugins: Path, arguments: list[str]) -> None:
    done = run_python("-m", "fletching", *arguments, PYTHONPATH=str(fifty_plugins))
    assert "fake7" in done.stdout
    assert not (fifty_plugins / "imported").exists()


def test_a_local_call_imports_no_plugin(fifty_plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "call.py").write_text(CALL)
    run_python(str(tmp_path / "call.py"), PYTHONPATH=str(fifty_plugins))
    assert not (fifty_plugins / "imported").exists()
