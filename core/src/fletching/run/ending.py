"""Ending asyncio tasks: nobody is left behind, whoever else is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["GRACE", "stop_all", "uninterrupted"]

GRACE = 1.0
"""Seconds that an attempt which was told to stop gets before nobody waits for it any more."""


async def stop_all(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel asyncio tasks and wait until they have ended."""
    for task in tasks:
        if not task.cancelling():  # else it is busy ending already, and should not be disturbed
            task.cancel()
    while tasks:
        _, tasks = await asyncio.wait(tasks, timeout=GRACE)
        for task in tasks:
            task.cancel()


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Await some work to its end; a cancellation that comes meanwhile is raised after that."""
    running, cancelled = asyncio.ensure_future(work), False
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
