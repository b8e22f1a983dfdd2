"""Work that consists of other calls: what a graph, a map or any plugin's own orchestration is to the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.metadata import TaskMetadata

__all__ = ["Expansion", "Nest", "Outcome"]


class Outcome(NamedTuple):
    """How a call or an attempt ended: with a value, or with an error that is not None."""

    value: Any = None
    error: BaseException | None = None


class Expansion:
    """Calls that together are the work of one call.

    An executable gives one from its ``expand``, or an attempt returns one instead of its outputs, as a dynamic task
    does. Everything happens on the scheduler's own thread: `begin`, and the callbacks that `Nest` gets, must not block.
    What one of them raises ends the call, as `Nest.fail` does.
    """

    kind: ClassVar[str] = "graph"
    """One word for what this is, as progress shows it."""

    def begin(self, nest: Nest) -> None:
        """Start the first calls. Sooner or later one of `Nest.finish` and `Nest.fail` has to be called."""
        raise NotImplementedError  # no abstract class: each value of each attempt is asked whether it is one of these


class Nest(Protocol):
    """What an expansion may do: start calls below its own, and end."""

    @property
    def path(self) -> str:
        """What stands in front of the paths of its calls: where in the run the expansion is, and a slash."""
        ...

    @property
    def metadata(self) -> TaskMetadata | None:
        """What its node says instead of the entity's own metadata, or None."""
        ...

    @property
    def overrides(self) -> Mapping[str, Any]:
        """What else its node says otherwise, by the keywords of ``with_overrides``."""
        ...

    @property
    def hashed(self) -> Mapping[str, Any]:
        """The annotations of those outputs that its inputs are, and that say how they are hashed."""
        ...

    def capacity_for(self, entity: Any) -> int:
        """Return how many calls of ``entity`` are worth having open at once, so that no worker waits for work."""
        ...

    def call(
        self,
        entity: Any,
        inputs: Mapping[str, Any],
        *,
        path: str,
        done: Callable[[Outcome], None],
        metadata: TaskMetadata | None = None,
        overrides: Mapping[str, Any] = ...,
        upstream: tuple[str, ...] = (),
        hashed: Mapping[str, Any] = ...,
    ) -> None:
        """Start a call.

        Args:
            entity: the executable.
            inputs: every input by name, defaults filled in.
            path: the last part of where it stands, the same in every run: it is how a recovered run finds it again.
            done: called once with how it ended, unless the nest was stopped before.
            metadata: instead of the entity's own.
            overrides: what else the executor has to do otherwise, by the keywords of ``with_overrides``.
            upstream: full paths of the calls whose outputs it uses.
            hashed: the annotations of those outputs that its inputs are, and that say how they are hashed.
        """
        ...

    def skip(self, entity: Any, *, path: str) -> None:
        """Tell whoever listens that a call will never be made."""
        ...

    def stop(self, then: Callable[[], None]) -> None:
        """Stop every call that is open, and call ``then`` when none is left."""
        ...

    def finish(self, value: Any) -> None:
        """Stop every call that is open, then end with what the caller sees."""
        ...

    def fail(self, error: BaseException) -> None:
        """Stop every call that is open, then end with an error."""
        ...
