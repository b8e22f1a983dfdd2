"""``__all__`` is what one can see, in every module."""

from __future__ import annotations

import ast
import importlib
from typing import TYPE_CHECKING

import pytest

from repository import MEMBERS, SOURCES, Member

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = sorted(name for name in SOURCES if not name.endswith("__main__"))
TYPE_PARAMETERS = {"ParamSpec", "TypeVar", "TypeVarTuple"}
"""Made for annotations: nobody imports them."""


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Tell the public names that a module's own statements define; an import defines none."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in TYPE_PARAMETERS:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (
                    part.id
                    for part in ast.walk(target)
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
                )
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from defined([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from defined([*node.body, *node.orelse, *node.finalbody])


@pytest.mark.parametrize("name", MODULES)
def test_all_is_what_the_module_defines(name: str) -> None:
    module = importlib.import_module(name)
    public = {found for found in defined(ast.parse(SOURCES[name].read_text(encoding="utf-8")).body) if found[0] != "_"}
    exported = module.__all__
    assert list(exported) == sorted(set(exported))
    assert public <= set(exported), "public and not in __all__"
    assert not [found for found in exported if not hasattr(module, found)]
    assert not [found for found in exported if found.startswith("_")]


@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_lazy_names_are_the_names_checkers_see(member: Member) -> None:
    package = importlib.import_module(member.package)
    tree = ast.parse(SOURCES[member.package].read_text(encoding="utf-8"))
    shown = {
        alias.name
        for block in tree.body
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    lazy = [name for name in package.__all__ if name not in vars(package)]
    assert not [name for name in lazy if name not in shown], "lazy, and unknown to type checkers"
    assert set(package.__all__) <= set(dir(package))


def test_an_unknown_name_says_what_is_close() -> None:
    package = importlib.import_module("fletching")
    with pytest.raises(AttributeError, match="did you mean 'Resources'"):
        package.Resorces  # noqa: B018, the access is the test
