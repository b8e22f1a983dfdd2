"""A Python program, rewritten: its imports of flytekit, and what depends on how they are written."""

from __future__ import annotations

import ast
import sys
import warnings
from typing import TYPE_CHECKING

from fletching_migrate.names import ROOTS, known_names
from fletching_migrate.values import Edit, Finding, Migrated

if TYPE_CHECKING:
    from fletching_migrate.names import Names

__all__ = ["migrate_text", "parses"]


TOO_DEEP = "nested too deeply to be read; change its imports by hand"
DEPTH = 20_000
"""How deep the analysis may nest; it takes several calls for each part of an expression."""
TERMS = 2_000
"""How many terms one ``and`` may have; with some thousands the parser ends the process."""


def migrate_text(text: str, names: Names | None = None) -> Migrated:
    """Return a program with its imports rewritten. One that cannot be read comes back as it was, and says so."""
    if not any(root in text for root in ROOTS):
        return Migrated(text=text)
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        return _untouched(text, error.lineno or 0, f"not a program for this Python: {error.msg}; mend it and try again")
    except (ValueError, RecursionError, MemoryError):
        return _untouched(text, 0, TOO_DEEP)
    if any(isinstance(node, ast.BoolOp) and len(node.values) > TERMS for node in ast.walk(tree)):
        return _untouched(text, 0, TOO_DEEP)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEPTH))
    try:
        return _rewritten(text, tree, names or known_names())
    except RecursionError:
        return _untouched(text, 0, TOO_DEEP)
    finally:
        sys.setrecursionlimit(before)


def _rewritten(text: str, tree: ast.Module, names: Names) -> Migrated:
    import libcst as cst

    from fletching_migrate.eager_calls import not_awaited
    from fletching_migrate.imports import Imports
    from fletching_migrate.promises import in_texts
    from fletching_migrate.source import Source
    from fletching_migrate.strings import in_strings

    try:
        source = Source(text)
    except cst.ParserSyntaxError as error:
        return _untouched(text, error.raw_line, "libcst cannot read this line; change the imports by hand")
    if not source.exact:
        return _untouched(text, 0, "libcst does not give it back to the letter; change the imports by hand")
    imports = Imports(source, names)
    imports.rewrite()
    made = Edit.apply(text, imports.edits)
    if not parses(made):
        return _untouched(text, 0, "what would be written is no program for this Python; change the imports by hand")
    findings = [*imports.findings, *in_strings(source, names, imports.handled), *not_awaited(tree), *in_texts(tree)]
    return Migrated(
        text=made,
        findings=tuple(sorted(dict.fromkeys(findings), key=lambda one: (one.line, one.name))),
        packages=frozenset(imports.packages),
    )


def parses(text: str) -> bool:
    """Tell whether this Python can read a program."""
    try:
        _parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is the program's own affair
        return ast.parse(text)


def _untouched(text: str, line: int, advice: str) -> Migrated:
    return Migrated(text=text, findings=(Finding(line=line, name="this file", advice=advice),))
