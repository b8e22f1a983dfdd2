"""A Python program, rewritten: its imports of flytekit, and what depends on how they are written."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from fletching_migrate.names import ROOTS, known_names
from fletching_migrate.values import Edit, Finding, Migrated

if TYPE_CHECKING:
    from fletching_migrate.names import Names

__all__ = ["migrate_text", "parses"]


def migrate_text(text: str, names: Names | None = None) -> Migrated:
    """Return a program with its imports rewritten. One that cannot be read comes back as it was, and says so."""
    if not any(root in text for root in ROOTS):
        return Migrated(text=text)
    import libcst as cst

    from fletching_migrate.imports import Imports
    from fletching_migrate.source import Source
    from fletching_migrate.strings import in_strings

    try:
        source = Source(text)
    except cst.ParserSyntaxError as error:
        return _untouched(text, error.raw_line, "not Python that can be read; mend it and try again")
    except RecursionError:
        return _untouched(text, 0, "nested too deeply to be read; change its imports by hand")
    if not source.exact:
        return _untouched(text, 0, "the parser does not give it back to the letter; change its imports by hand")
    imports = Imports(source, names or known_names())
    imports.rewrite()
    findings = [*imports.findings, *in_strings(source, names or known_names(), imports.handled)]
    made = Edit.apply(text, imports.edits)
    if not parses(made):
        return _untouched(text, 0, "what would be written is no program for this Python; change its imports by hand")
    return Migrated(
        text=made,
        findings=tuple(sorted(findings, key=lambda one: (one.line, one.name))),
        packages=frozenset(imports.packages),
    )


def parses(text: str) -> bool:
    """Tell whether this Python can read a program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the program's own affair
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _untouched(text: str, line: int, advice: str) -> Migrated:
    return Migrated(text=text, findings=(Finding(line=line, name="this file", advice=advice),))
