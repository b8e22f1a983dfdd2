"""Progress as JSON lines: one object an event, for programs."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fletching.cli.progress_model import reason
from fletching.redaction import redact

if TYPE_CHECKING:
    from fletching.run.events import Event

__all__ = ["JsonLines"]


class JsonLines:
    """Writes each event as one line; the keys are those of docs/reference/progress.md."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        """Write an event."""
        told: dict[str, Any] = {
            "event": event.kind,
            "time": round(event.at, 6),
            "task": event.task,
            "kind": event.what,
            "path": event.path,
            "call": event.call,
            "parent": event.parent,
            "depth": event.depth,
        }
        if event.kind == "started":
            told["upstream"] = list(event.upstream)
            if event.size is not None:
                told["size"] = event.size
        elif event.kind == "attempt":
            told["attempt"], told["executor"] = event.attempt + 1, event.executor
        elif event.kind == "retrying":
            told["attempt"] = event.attempt + 1
        if event.kind not in ("started", "attempt"):
            told["seconds"] = round(event.seconds, 6)
        if event.error is not None:
            told["error"] = reason(event.error)
        self.write(told)

    def write(self, told: dict[str, Any]) -> None:
        """Write one object."""
        line = redact(json.dumps(told)) + "\n"
        with self._lock, suppress(OSError, ValueError):  # who read it may be gone, and the run goes on
            self._stream.write(line)
            self._stream.flush()
