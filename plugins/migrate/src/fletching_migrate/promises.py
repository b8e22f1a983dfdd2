"""Promises in f-strings: flytekit puts a promise's name into the text, here it is an error."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fletching_migrate.decorated import decorated, functions, imported
from fletching_migrate.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching_migrate.decorated import Function

__all__ = ["in_texts"]


def in_texts(tree: ast.Module) -> list[Finding]:
    """Return the f-strings of workflows with an input in them, or with what a call of the program's own gave."""
    known = imported(tree)
    every = functions(tree)
    called = {one.name for one in every if any(decorated(one, kind, known) for kind in ("task", "workflow", "dynamic"))}
    advice = "it has no value while a workflow is built: format it inside a task"
    found = [
        Finding(line=value.lineno, name=value.id, advice=advice)
        for one in every
        if decorated(one, "workflow", known)
        for value in _formatted(one, _promises(one, called))
    ]
    return list(dict.fromkeys(found))


def _promises(workflow: Function, called: set[str]) -> set[str]:
    arguments = workflow.args
    found = {one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    for node in ast.walk(workflow):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            names = {one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
            found = found | names if node.value.func.id in called else found - names
    return found


def _formatted(workflow: Function, promises: set[str]) -> Iterator[ast.Name]:
    for node in ast.walk(workflow):
        value = node.value if isinstance(node, ast.FormattedValue) and node.conversion == -1 else None
        if isinstance(value, ast.Name) and value.id in promises:
            yield value
