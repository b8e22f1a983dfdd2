"""The programs that a container starts, and how code gets into one without a new image."""

from __future__ import annotations

__all__: list[str] = []
