"""MapExpansion: calls of one target for element after element, as many at once as are worth it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

from fletching.errors import CallError, ConversionError, ExecutorError, add_note
from fletching.extend import Expansion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.extend import Nest, Outcome, TaskMetadata
    from fletching_map.node import Mapped
    from fletching_map.rows import Rows

__all__ = ["MapExpansion"]


class MapExpansion(Expansion):
    """What a map is to the scheduler.

    An element is read when there is room for its call, and not before: the inputs may be endless as far as memory is
    concerned. Only what the calls returned is kept.

    Args:
        of: the map.
        rows: the inputs.
    """

    kind = "map"

    def __init__(self, of: Mapped, rows: Rows) -> None:
        self._of = of
        self._target = of.target
        self._rows = rows
        self._config = of.config
        interface = of.target.python_interface
        self._unpack = interface.named_outputs if interface.returns_tuple else None
        self._results: list[Any] | None = [] if interface.outputs else None
        self._open = 0
        self._all_begun = False
        self._failed = 0
        self._last: tuple[int, BaseException] | None = None
        """The element that failed last."""
        self._hopeless: BaseException | None = None
        """What the map ends with, once that is certain."""
        self._nest: Nest
        self._metadata: TaskMetadata | None = None
        self._overrides: Mapping[str, Any] = {}

    def begin(self, nest: Nest) -> None:
        self._nest = nest
        self._metadata = nest.metadata if nest.metadata is not None else self._of.own_metadata
        self._overrides = nest.overrides
        if self._rows.size is not None and not self._possible():
            self._give_up()
            return
        limit = self._config.concurrency or nest.capacity_for(self._target)
        while self._open < limit and self._start():
            pass

    def _start(self) -> bool:
        """Begin the next element; return False if there is none, or none is wanted any more."""
        at = self._rows.count
        try:
            row = self._rows.read()
        except KeyboardInterrupt:
            raise  # the scheduler's to deal with
        except BaseException as error:  # noqa: BLE001 - the user's own, whatever it is
            self._nest.fail(error)
            return False
        if row is None:
            self._all_begun = True
            self._end()
            return False
        if self._results is not None:
            self._results.append(None)
        self._open += 1
        self._nest.call(
            self._target,
            row,
            path=str(at),
            done=partial(self._done, at),
            metadata=self._metadata,
            overrides=self._overrides,
        )
        return True

    def _done(self, at: int, outcome: Outcome) -> None:
        self._open -= 1
        if outcome.error is not None:
            self._take_failure(at, outcome.error)
            if self._hopeless is not None and not self._config.run_all_sub_nodes:
                self._give_up()
                return
        elif self._results is not None:
            value = outcome.value
            self._results[at] = value if self._unpack is None else next(iter(self._unpack(value).values()))
        if self._all_begun:
            self._end()
        else:
            self._start()

    def _end(self) -> None:
        """End the map if nothing is running any more, or if it cannot succeed; every element was begun."""
        if not self._possible() and not self._config.run_all_sub_nodes:
            self._give_up()
        elif not self._open:
            if self._hopeless is not None:
                self._give_up()
            else:
                self._nest.finish(self._results)

    def _take_failure(self, at: int, error: BaseException) -> None:
        self._failed += 1
        self._last = at, error
        if self._is_about_the_map(error):
            self._condemn(at, error)
        else:
            self._possible()

    def _possible(self) -> bool:
        """Return whether enough elements can still succeed; if not, settle what the map ends with."""
        if self._hopeless is not None:
            return False
        size, config = self._rows.size, self._config
        if size is not None and config.needed(size) > size:
            # The most important error is that of the call, whatever else went wrong.
            told = f"{size} elements" if size != 1 else "1 element"
            self._hopeless = CallError(
                f"{self._of.short_name}: min_successes={config.min_successes}, and there are only {told}"
            )
        elif self._failed and (config.needs_all or (size is not None and size - self._failed < config.needed(size))):
            assert self._last is not None, "an element failed"
            self._condemn(*self._last)
        return self._hopeless is None

    def _condemn(self, at: int, error: BaseException) -> None:
        """Settle that the map ends with the error of an element."""
        if self._hopeless is not None:
            return
        self._hopeless = error
        size = self._rows.size
        where = f"element {at}" if size is None else f"element {at} of {size}"
        if self._is_own(error):
            error.at(f"[{at}]")
        add_note(error, f"in {where} of {self._of.short_name}")
        if not self._config.needs_all and size is not None and isinstance(error, Exception):
            add_note(error, f"{self._failed} of {size} elements failed, and {self._config.needed(size)} had to succeed")

    def _is_about_the_map(self, error: BaseException) -> bool:
        """Whether an error is none of an element that failed: the map was called wrongly, or somebody wants an end."""
        if self._is_own(error):
            return error.where.startswith("argument ")
        return not isinstance(error, Exception) or isinstance(error, ExecutorError)

    def _is_own(self, error: BaseException) -> TypeGuard[ConversionError]:
        """Whether a value of an element, and none of a call inside it, did not fit its type."""
        return isinstance(error, ConversionError) and error.task in self._of.chain

    def _give_up(self) -> None:
        assert self._hopeless is not None, "only called when it is settled"
        self._nest.fail(self._hopeless)
