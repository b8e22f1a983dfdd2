"""What the commands of plugins do, for the list of all: read from their source, so that none is imported for it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

__all__ = ["first_line"]


def first_line(target: str) -> str:
    """Return the first sentence of a command's help, as its source has it; nothing where the source does not tell.

    That is the docstring of the function behind it, or the ``short_help`` or ``help`` that its decorator is given.

    Args:
        target: the command as an entry point names it, ``module:function``.
    """
    module, _, name = target.partition(":")
    try:
        with open(_file_of(module), encoding="utf-8") as file:
            function = _function(file.read(), name)
        text = _help_of(function)
    except Exception:  # noqa: BLE001 - whatever a plugin's file is like, the list is shown
        return ""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]


def _file_of(module: str) -> str:
    """Return the source of a module, found by its outermost package: finding a module itself imports what is around."""
    from importlib.util import find_spec

    package, _, inner = module.partition(".")
    spec = find_spec(package)
    if spec is None:
        return ""
    if not inner:
        return spec.origin or ""
    places = [os.path.join(folder, *inner.split(".")) for folder in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (f"{place}.py", os.path.join(place, "__init__.py"))]
    return next(filter(os.path.isfile, files), "")


def _function(source: str, name: str) -> ast.FunctionDef:
    """Return a function with its decorators and its docstring: no more is parsed, which takes most of the time."""
    import ast

    found = re.search(rf"^def {re.escape(name)}\(", source, re.MULTILINE)
    if found is None:
        raise LookupError(name)
    decorators: list[str] = []
    for line in reversed(source[: found.start()].split("\n")[:-1]):
        if line and line[0] not in "@ )#":
            break  # the end of what is above; a decorator begins with @, or goes on from the line before
        decorators.insert(0, line)
    while decorators and not decorators[0].startswith("@"):
        del decorators[0]
    rest = source[found.start() :]
    docstring = re.search(r'\n    r?"""(?:.|\n)*?"""', rest)
    (function,) = ast.parse("\n".join([*decorators, rest[: docstring.end() if docstring else None]])).body
    if not isinstance(function, ast.FunctionDef):
        raise LookupError(name)
    return function


def _help_of(function: ast.FunctionDef) -> str:
    import ast

    given = {
        word.arg: word.value.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(("command", "group"))
        for word in decorator.keywords
        if isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    }
    return given.get("short_help") or given.get("help") or ast.get_docstring(function) or ""
