"""A program's text with its tree, and where each node of the tree is in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import libcst as cst

__all__ = ["Source", "dotted"]


def dotted(node: cst.CSTNode | None) -> str:
    """Return a chain of names as text; empty for anything else."""
    import libcst as cst

    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr.value}" if left else ""
    return ""


class Source:
    """A text, parsed; raises `libcst.ParserSyntaxError` if it is no program."""

    def __init__(self, text: str) -> None:
        import libcst as cst
        from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider, ScopeProvider

        self.text = text
        # The parser reads these two otherwise than Python does; places in the text must stay what they are.
        plain = re.sub(r"\r(?!\n)", "\n", text).replace("\f", " ")
        tree = cst.parse_module(plain)
        self.exact = tree.code == plain
        """Whether the tree gives the text back to the letter; if not, no place in it can be trusted."""
        wrapper = MetadataWrapper(tree)
        self.tree = wrapper.module
        found: Any = wrapper.resolve_many([PositionProvider, ParentNodeProvider, ScopeProvider])
        self._positions, self._parents = found[PositionProvider], found[ParentNodeProvider]
        self.scopes = {scope for scope in found[ScopeProvider].values() if scope is not None}
        self.scope_of = found[ScopeProvider].get
        self._lines = [0, *(match.end() for match in re.finditer(r"\r\n|\n", plain))]
        self.newline = tree.default_newline

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return what a node is part of."""
        found: cst.CSTNode | None = self._parents.get(node)
        return found

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins and ends in the text."""
        place = self._positions[node]
        return tuple(self._lines[at.line - 1] + at.column for at in (place.start, place.end))  # type: ignore[return-value]

    def line(self, node: cst.CSTNode) -> int:
        """Return the line in which a node begins."""
        line: int = self._positions[node].start.line
        return line

    def line_start(self, at: int) -> int:
        """Return where the line of a place begins."""
        return self._lines[bisect_right(self._lines, at) - 1]

    def line_end(self, at: int) -> int:
        """Return where the line of a place ends, its newline included."""
        after = bisect_right(self._lines, at)
        return self._lines[after] if after < len(self._lines) else len(self.text)
