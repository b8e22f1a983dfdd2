"""Images that registered tasks need and nobody here builds: told once, when a task is new on the backend."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from fletching.errors import ImageWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching.extend import Serialized
    from fletching_flyte.registration import Registered

__all__ = ["warn_unbuilt"]


def warn_unbuilt(serialized: Serialized, registered: Iterable[Registered]) -> None:
    """Warn of each image of a new task that says, by a method ``unbuilt``, what is to be done for it to be there."""
    new = {each.name for each in registered if each.created and each.kind == "task"}
    told: dict[str, None] = {}
    for entry in serialized.entities:
        if entry.kind == "task" and entry.name in new:
            for name in ("container_image", "image"):
                unbuilt = getattr(getattr(entry.entity, name, None), "unbuilt", None)
                if callable(unbuilt):
                    told[str(unbuilt())] = None
    for message in told:
        warnings.warn(message, ImageWarning, stacklevel=4)
