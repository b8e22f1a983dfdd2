"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repository import CORE, MEMBERS, PLUGINS, ROOT, SOURCES, Member, load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = {"fletching", "fletching.errors", "fletching.extend"}
"""What a plugin may import of core."""


def imports(file: Path) -> Iterator[tuple[str, str | None]]:
    """Tell each module imported anywhere in a file, and the name taken from it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_name_every_package() -> None:
    linter = load_toml(ROOT / "pyproject.toml")["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in linter["contracts"]}
    assert sorted(linter["root_packages"]) == sorted(member.package for member in MEMBERS)
    plugins = sorted(plugin.package for plugin in PLUGINS)
    assert sorted(contracts["plugins-independent"]["modules"]) == plugins
    assert sorted(contracts["core-knows-no-plugin"]["forbidden_modules"]) == plugins


@pytest.mark.parametrize("plugin", PLUGINS, ids=str)
def test_a_plugin_imports_only_what_is_public_of_core(plugin: Member) -> None:
    names = {core_module for core_module in SOURCES if core_module.split(".")[0] == CORE.package}
    wrong = []
    for file in sorted(plugin.source.rglob("*.py")):
        for module, name in imports(file):
            if module.split(".")[0] != CORE.package:
                continue
            whole = f"{module}.{name}" if name and f"{module}.{name}" in names else module
            if whole not in PUBLIC:
                wrong.append(f"{file.relative_to(ROOT)} imports {whole}")
    assert not wrong


def test_core_mentions_no_plugin() -> None:
    names = {name for plugin in PLUGINS for name in (plugin.distribution, plugin.package)}
    found = [
        f"{file.relative_to(ROOT)} mentions {name}"
        for file in sorted(CORE.source.rglob("*"))
        if file.suffix in {".py", ".txt", ".toml", ".json"} and file.name != "official.txt"
        for name in names
        if name in file.read_text(encoding="utf-8")
    ]
    assert not found
