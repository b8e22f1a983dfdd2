"""Tasks, workflows and launch plans to Flyte protobufs."""

from __future__ import annotations

__all__: list[str] = []
