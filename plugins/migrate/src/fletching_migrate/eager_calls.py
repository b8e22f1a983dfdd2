"""Calls of sync tasks in eager tasks: flytekit gives their value at once, here each is awaited."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fletching_migrate.names import ROOTS
from fletching_migrate.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["not_awaited"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def not_awaited(tree: ast.Module) -> list[Finding]:
    """Return the calls of this program's own sync tasks that an eager task makes without ``await``."""
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    imported = _imported(tree)
    tasks = {one.name for one in functions if isinstance(one, ast.FunctionDef) and _is(one, "task", imported)}
    advice = "an eager task awaits every call here: write 'await' in front of it, or give it to gather()"
    found = [
        Finding(line=call.lineno, name=call.func.id, advice=advice)
        for one in functions
        if _is(one, "eager", imported)
        for call in _calls(one, awaited=False)
        if isinstance(call.func, ast.Name) and call.func.id in tasks
    ]
    return list(dict.fromkeys(found))


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what of flytekit the program has under which name; a module as an empty text."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ROOTS:
            found.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in ROOTS:
                    found[alias.asname or alias.name.partition(".")[0]] = ""
    return found


def _is(function: Function, decorator: str, imported: dict[str, str]) -> bool:
    """Tell whether one of a function's decorators is flytekit's of that name, with or without arguments."""
    for node in function.decorator_list:
        plain = node.func if isinstance(node, ast.Call) else node
        if isinstance(plain, ast.Name) and imported.get(plain.id) == decorator:
            return True
        if isinstance(plain, ast.Attribute) and plain.attr == decorator:
            root: ast.expr = plain
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and imported.get(root.id) == "":
                return True
    return False


def _calls(node: ast.AST, *, awaited: bool) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and not awaited:
            yield child
        yield from _calls(child, awaited=isinstance(child, ast.Await))
