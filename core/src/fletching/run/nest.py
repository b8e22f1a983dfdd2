"""OpenNest: the calls that together are the work of one call, while some of them are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import RunError
from fletching.expansion import Outcome
from fletching.run.call import NO_OVERRIDES, Call
from fletching.run.events import observed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.metadata import TaskMetadata
    from fletching.run.machine import Machine

__all__ = ["OpenNest"]


class OpenNest:
    """What an expansion is handed; see `fletching.expansion.Nest`."""

    __slots__ = ("_ended", "_machine", "_then", "of", "open", "path")

    def __init__(self, machine: Machine, of: Call) -> None:
        self._machine = machine
        self.of = of
        """The call whose work this is."""
        self.path = f"{of.path}/" if of.path else ""
        """What stands in front of the paths of its calls."""
        self.open = 0
        """How many calls are open."""
        self._then: Callable[[], None] | None = None
        self._ended = False

    @property
    def metadata(self) -> TaskMetadata | None:
        """What its node says instead of the entity's own metadata, or None."""
        return self.of.own_metadata

    @property
    def overrides(self) -> Mapping[str, Any]:
        """What else its node says otherwise, by the keywords of ``with_overrides``."""
        return self.of.overrides

    @property
    def hashed(self) -> Mapping[str, Any]:
        """The annotations of those outputs that its inputs are, and that say how they are hashed."""
        return self.of.hashed

    def capacity_for(self, entity: Any) -> int:
        """Return how many calls of ``entity`` are worth having open at once."""
        return self._machine.capacity_for(entity)

    def call(
        self,
        entity: Any,
        inputs: Mapping[str, Any],
        *,
        path: str,
        done: Callable[[Outcome], None],
        metadata: TaskMetadata | None = None,
        overrides: Mapping[str, Any] = NO_OVERRIDES,
        upstream: tuple[str, ...] = (),
        hashed: Mapping[str, Any] = NO_OVERRIDES,
    ) -> None:
        """Start a call, unless everything here is being stopped."""
        if self._then is not None or self._ended:
            return
        call = Call(entity, inputs, self.path + path, self, done, metadata)
        call.overrides, call.upstream, call.hashed = overrides, upstream, hashed
        self.open += 1
        self._machine.add(call)

    def skip(self, entity: Any, *, path: str) -> None:
        """Tell whoever listens that a call will never be made."""
        if observed():
            call = Call(entity, NO_OVERRIDES, self.path + path, self)
            call.upstream = ()
            call.begin()
            call.report("skipped")

    def closed(self, call: Call, outcome: Outcome) -> None:
        """Take note that a call ended; for the machine."""
        self.open -= 1
        if self._then is None:
            if call.done is not None:
                try:
                    call.done(outcome)
                except Exception as error:  # noqa: BLE001 - the expansion's own
                    self._broken(error)
        elif not self.open:
            self._stopped()

    def stop(self, then: Callable[[], None]) -> None:
        """Stop every call that is open, and call ``then`` when none is left."""
        if self._then is not None or self._ended:
            return
        self._then = then
        if self.open:
            self._machine.stop_below(self)
        # What was waiting ended within that call, and may have been all there was.
        if self._then is then and not self.open:
            self._stopped()

    def _stopped(self) -> None:
        then, self._then = self._then, None
        assert then is not None, "only called while stopping"
        try:
            then()
        except Exception as error:  # noqa: BLE001 - the expansion's own
            self._broken(error)

    def _broken(self, error: Exception) -> None:
        """Fail with an error of the expansion's own; it is how the call ended."""
        if self._ended:
            raise error
        self.fail(error)

    def finish(self, value: Any) -> None:
        """Stop every call that is open, then end with what the caller sees."""
        if self.open:
            self.stop(lambda: self._end(Outcome(value)))
        else:
            self._end(Outcome(value))

    def fail(self, error: BaseException) -> None:
        """Stop every call that is open, then end with an error."""
        if not isinstance(error, BaseException):
            error = RunError(f"the work of {self.of.entity.name!r} failed with {error!r}, which is no exception")
        self.stop(lambda: self._end(Outcome(error=error)))

    def _end(self, outcome: Outcome) -> None:
        if not self._ended:
            self._ended = True
            self._machine.nest_ended(self.of, outcome)
