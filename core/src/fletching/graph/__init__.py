"""Graphs of calls: nodes, promises, bindings, conditionals. Data and its checks; nothing here runs anything."""

from __future__ import annotations

__all__: list[str] = []
