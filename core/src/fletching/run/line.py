"""Line: attempts for which their executor has no room yet, one queue for each executor."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.run.executors import Executor
    from fletching.run.placing import Placing

__all__ = ["Line"]

T = TypeVar("T")


class Place(NamedTuple, Generic[T]):
    """One that waits."""

    executor: Executor
    entity: Any
    item: T


class Line(Generic[T]):
    """First come, first served, by each executor for itself: a full one holds nobody up who waits for another."""

    def __init__(self) -> None:
        self._queues: dict[int, deque[Place[T]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, executor: Executor, entity: Any, item: T) -> None:
        """Put one at the end."""
        self._queues.setdefault(id(executor), deque()).append(Place(executor, entity, item))
        self._count += 1

    def waits_for(self, executor: Executor) -> bool:
        """Tell whether anybody waits for an executor."""
        return bool(self._queues.get(id(executor)))

    def next(self, placing: Placing) -> Place[T] | None:
        """Take out one for whom there is room now; None if there is none."""
        if not self._count or not placing.any_room():
            return None
        for queue in self._queues.values():
            if not queue or not placing.has_slot(queue[0].executor):
                continue
            # Usually the first one; it is passed over while another attempt's environment clashes with its own.
            for at, place in enumerate(queue):
                if placing.has_room(place.executor, place.entity):
                    del queue[at]
                    self._count -= 1
                    return place
        return None

    def take(self, wanted: Callable[[T], bool]) -> list[T]:
        """Take out all that a function says yes to."""
        found = [place.item for queue in self._queues.values() for place in queue if wanted(place.item)]
        for key, queue in self._queues.items():
            self._queues[key] = deque(place for place in queue if not wanted(place.item))
        self._count -= len(found)
        return found

    def clear(self) -> None:
        """Forget everybody."""
        self._queues.clear()
        self._count = 0
