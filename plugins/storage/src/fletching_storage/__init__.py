"""Object stores for Fletching: s3, gs and az for the files, literals and code of tasks."""

from __future__ import annotations

__all__: list[str] = []
