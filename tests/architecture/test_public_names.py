"""``__all__`` is what others may use: all that one sees of a public module, and all that is imported from any other."""

from __future__ import annotations

import ast
import importlib
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from repository import MEMBERS, ROOT, SOURCES, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES = sorted(name for name in SOURCES if not name.endswith("__main__"))
PUBLIC = [
    "fletching",
    "fletching.errors",
    "fletching.extend",
    "fletching.testing",
    *(member.package for member in MEMBERS if member.package != "fletching"),
]
TESTS = sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("plugins/*/tests/**/*.py"), *ROOT.glob("examples/**/*.py")])

SEE = """
import importlib, sys, types
module = importlib.import_module(sys.argv[1])
seen = {name for name in dir(module) if not name.startswith("_")}
values = {name: getattr(module, name) for name in seen}
kept = {name for name, value in values.items() if not isinstance(value, types.ModuleType)}
# Tools of the standard library that the module itself uses are nobody's idea of its names.
homes = {name: getattr(values[name], "__module__", "").partition(".")[0] for name in kept if callable(values[name])}
kept = {name for name in kept if homes.get(name) not in sys.stdlib_module_names}
print(sorted(kept - {"annotations", "TYPE_CHECKING"}))
"""


@pytest.mark.parametrize("name", MODULES)
def test_all_names_what_exists_once(name: str) -> None:
    module = importlib.import_module(name)
    exported = list(module.__all__)
    assert len(exported) == len(set(exported))
    assert not [found for found in exported if found.startswith("_") or not hasattr(module, found)]


@pytest.mark.parametrize("name", PUBLIC)
def test_all_is_what_one_can_see_of_a_public_module(name: str) -> None:
    # A fresh process: what another test touched is no longer lazy.
    seen = ast.literal_eval(run_python("-c", SEE, name).stdout)
    assert seen == sorted(importlib.import_module(name).__all__)


def imported(file: Path) -> Iterator[tuple[str, str]]:
    """Tell each name that a file imports from one of our modules, and which."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in SOURCES:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("file", [*SOURCES.values(), *TESTS], ids=lambda file: str(file.relative_to(ROOT)))
def test_only_exported_names_are_imported(file: Path) -> None:
    private = []
    for module, name in imported(file):
        exporting = importlib.import_module(module)
        is_module = isinstance(getattr(exporting, name, None), ModuleType) or f"{module}.{name}" in SOURCES
        if not is_module and name not in exporting.__all__:
            private.append(f"{name} of {module}")
    assert not private


@pytest.mark.parametrize("name", PUBLIC)
def test_lazy_names_are_the_names_checkers_see(name: str) -> None:
    module = importlib.import_module(name)
    tree = ast.parse(SOURCES[name].read_text(encoding="utf-8"))
    shown = set()
    for block in tree.body:
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test):
            for node in block.body:
                if isinstance(node, ast.ImportFrom):
                    shown |= {alias.asname or alias.name for alias in node.names}
                elif isinstance(node, ast.Assign):
                    shown |= {ast.unparse(target) for target in node.targets}
    lazy = set(getattr(module, "_HOMES", ())) or {each for each in module.__all__ if each not in vars(module)}
    assert not lazy - shown, "lazy, and unknown to type checkers"
    assert set(module.__all__) <= set(dir(module))


def test_an_unknown_name_says_what_is_close() -> None:
    package = importlib.import_module("fletching")
    with pytest.raises(AttributeError, match="did you mean 'Resources'"):
        package.Resorces  # noqa: B018, the access is the test
