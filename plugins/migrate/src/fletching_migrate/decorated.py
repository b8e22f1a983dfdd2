"""Which functions of a program are tasks, workflows or eager ones: what their decorators say."""

from __future__ import annotations

import ast

from fletching_migrate.names import ROOTS

__all__ = ["Function", "decorated", "functions", "imported"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> list[Function]:
    """Return every function of a program."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def imported(tree: ast.Module) -> dict[str, str]:
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


def decorated(function: Function, decorator: str, imported: dict[str, str]) -> bool:
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
