"""Tree: what an eager task called, as text; of bounded size, however much that was."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar

__all__ = ["NODE", "Node", "Tree"]

SHOWN = 200
"""So many calls have a line of their own; a report is for people."""


class Node:
    """One call."""

    __slots__ = ("began", "inner", "name", "seconds", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "running"
        self.began = time.perf_counter()
        self.seconds = 0.0
        self.inner = ""
        """What it called itself, as text."""

    def end(self, error: BaseException | None) -> None:
        """Take note of how it ended."""
        self.seconds = time.perf_counter() - self.began
        if error is None:
            self.state = "succeeded"
        elif isinstance(error, asyncio.CancelledError):
            self.state = "stopped"
        else:
            self.state = f"failed: {type(error).__name__}"


NODE: ContextVar[Node | None] = ContextVar("fletching_eager_node", default=None)
"""The line of the call that runs here."""


class Tree:
    """The calls of one eager task."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self.full = False
        """Whether no more calls get a line."""

    def begin(self, name: str) -> Node:
        """Add a call that begins."""
        node = Node(name)
        if not self.full:
            self._nodes.append(node)
            self.full = len(self._nodes) >= SHOWN
        return node

    def text(self) -> str:
        """Return a line for each call, indented by what it stands inside of."""
        lines = []
        for node in self._nodes:
            lines.append(f"{node.name}  {node.state}  {node.seconds:.3f} s")
            lines.extend(f"  {line}" for line in node.inner.splitlines())
        if self.full:
            lines.append(
                f"... calls after the first {SHOWN} are not listed; 'fletch runs show' has those of a recorded run"
            )
        return "\n".join(lines)
