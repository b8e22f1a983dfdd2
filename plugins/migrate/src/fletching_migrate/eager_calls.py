"""Calls of sync tasks in eager tasks: flytekit gives their value at once, here each is awaited."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fletching_migrate.decorated import decorated, functions, imported
from fletching_migrate.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["not_awaited"]


def not_awaited(tree: ast.Module) -> list[Finding]:
    """Return the calls of this program's own sync tasks that an eager task makes without ``await``."""
    known = imported(tree)
    every = functions(tree)
    tasks = {one.name for one in every if isinstance(one, ast.FunctionDef) and decorated(one, "task", known)}
    advice = "an eager task awaits every call here: write 'await' in front of it, or give it to gather()"
    found = [
        Finding(line=call.lineno, name=call.func.id, advice=advice)
        for one in every
        if decorated(one, "eager", known)
        for call in _calls(one, awaited=False)
        if isinstance(call.func, ast.Name) and call.func.id in tasks
    ]
    return list(dict.fromkeys(found))


def _calls(node: ast.AST, *, awaited: bool) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and not awaited:
            yield child
        yield from _calls(child, awaited=isinstance(child, ast.Await))
