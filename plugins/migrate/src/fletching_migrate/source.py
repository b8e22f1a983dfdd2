"""A program's text with its tree, and where each node of the tree is in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, ScopeProvider

__all__ = ["Source", "dotted"]


def dotted(node: cst.CSTNode | None) -> str:
    """Return a chain of names as text; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr.value}" if left else ""
    return ""


class Source:
    """A text, parsed; raises `libcst.ParserSyntaxError` if it is no program."""

    def __init__(self, text: str) -> None:
        self.text = text
        # The parser reads these two otherwise than Python does; places in the text must stay what they are. A form
        # feed before a statement does not indent it, so it becomes a line of its own.
        plain = re.sub(r"\r(?!\n)", "\n", text)
        plain = re.sub(r"^\f+", lambda match: "\n" * len(match[0]), plain, flags=re.MULTILINE).replace("\f", " ")
        tree = cst.parse_module(plain)
        self.exact = tree.code == plain
        """Whether the tree gives the text back to the letter; if not, no place in it can be trusted."""
        # What the parser gives has each node that has a place once; a copy would be for trees made by hand.
        self._wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
        self._positions: Any = self._wrapper.resolve(PositionProvider)
        nodes = Nodes()
        tree.visit(nodes)
        self._parents = nodes.parents
        self.imports = nodes.imports
        """The import statements, in order."""
        self.strings = nodes.strings
        """Strings, and the fixed parts of f-strings, in order."""
        self._lines = [0, *(match.end() for match in re.finditer(r"\r\n|\n", plain))]
        self._numbers = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        self.newline = tree.default_newline

    @cached_property
    def _scope_of(self) -> Any:
        # Most programs import names only, and nobody has to know what they do with them.
        return self._wrapper.resolve(ScopeProvider)

    def scope_of(self, node: cst.CSTNode) -> Any:
        """Return the scope that a statement stands in."""
        return self._scope_of.get(node)

    @cached_property
    def scopes(self) -> set[Any]:
        """All scopes of the program."""
        return {scope for scope in self._scope_of.values() if scope is not None}

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return what a node is part of."""
        return self._parents.get(id(node))

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins and ends in the text."""
        place = self._positions[node]
        return tuple(self._lines[at.line - 1] + at.column for at in (place.start, place.end))

    def line(self, node: cst.CSTNode) -> int:
        """Return the line in which a node begins."""
        return bisect_right(self._numbers, self.span(node)[0])

    def line_start(self, at: int) -> int:
        """Return where the line of a place begins."""
        return self._lines[bisect_right(self._lines, at) - 1]

    def line_end(self, at: int) -> int:
        """Return where the line of a place ends, its newline included."""
        after = bisect_right(self._lines, at)
        return self._lines[after] if after < len(self._lines) else len(self.text)


class Nodes(cst.CSTVisitor):
    """Sees every node once: what it is part of, and the statements and strings that are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.parents: dict[int, cst.CSTNode] = {}
        self.imports: list[cst.Import | cst.ImportFrom] = []
        self.strings: list[cst.SimpleString | cst.FormattedStringText] = []
        self._above: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, SPACE):
            return False
        if self._above:
            self.parents[id(node)] = self._above[-1]
        if isinstance(node, (cst.Import, cst.ImportFrom)):
            self.imports.append(node)
        elif isinstance(node, (cst.SimpleString, cst.FormattedStringText)):
            self.strings.append(node)
        self._above.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if not isinstance(original_node, SPACE):
            self._above.pop()


SPACE = (cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Comma, cst.Dot)
