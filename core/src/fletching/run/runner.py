"""Runner: runs tasks, workflows and launch plans with options that a plain call has no place for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, RunCancelledError
from fletching.expansion import Outcome
from fletching.gate import open_gate_if_unused
from fletching.run.call import new_call, replayed_inputs
from fletching.run.interrupts import gently
from fletching.run.machine import Machine
from fletching.run.options import RunOptions
from fletching.run.recorder import Shared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fletching.run.cache import CacheMode
    from fletching.run.recorder import Batching

__all__ = ["Runner"]


class Runner:
    """Runs executables, each run with the same options.

    ```python
    Runner(executor="process", max_parallel=8).run(flow, a=1)
    ```

    Args:
        executor: ``inline``, ``thread``, ``process`` or one that a plugin brings. None chooses for each attempt:
            a process where a deadline has to be kept, the event loop for async tasks, threads for the rest.
        max_parallel: the most attempts at the same time.
        cache: ``use``, ``refresh`` (run and store anew) or ``off``; None for what the environment says.
        lenient: warn of what the named executor cannot keep, instead of refusing it.
        record: keep each run in the run store, where ``fletch runs`` finds it.
        name: what to call the runs; implies ``record``.
        tags: by which they can be found; implies ``record``.
        recover: id or name of a recorded run to go on from, or ``last``: what it finished is not run again; implies
            ``record``.
        force: go on from it although code changed; what changed is run again.
        recorder: who keeps what happens, begun and ended by the caller, instead of the run store.
    """

    def __init__(
        self,
        *,
        executor: str | None = None,
        max_parallel: int | None = None,
        cache: CacheMode | None = None,
        lenient: bool = False,
        record: bool = False,
        name: str = "",
        tags: Iterable[str] = (),
        recover: str = "",
        force: bool = False,
        recorder: Batching | None = None,
    ) -> None:
        self.options = RunOptions(
            executor=executor,
            max_parallel=max_parallel,
            cache=cache,
            lenient=lenient,
            recorder=None if recorder is None else Shared(recorder),
        )
        """What every run is made with."""
        self.run_id = ""
        """Id of the latest recorded run; empty if there is none."""
        self._name, self._tags, self._recover, self._force = name, tuple(tags), recover, force
        self._records = record or bool(name or self._tags or recover or force)
        if self._records and recorder is not None:
            raise ConfigError("a Runner has a recorder, or keeps its runs in the run store; give one of the two")
        if executor is not None:
            from fletching.run.executors import close_executor, executor_named

            # A name that nothing answers to is refused here, not in the middle of a run.
            close_executor(executor_named(executor))

    def run(self, entity: Any, /, **inputs: Any) -> Any:
        """Run an executable with native inputs by name, and return its native outputs.

        Raises:
            CallError: the inputs do not bind.
            ExecutorError: the executor cannot keep what a task asks for.
            RecoveryError: the run to go on from does not fit.
            KeyboardInterrupt: Ctrl-C. After the first one nothing new begins and what runs may end; after the second
                one what runs is stopped.
        """
        from fletching.run.local import warn_if_deprecated

        if not callable(getattr(entity, "bind", None)):
            raise ConfigError(f"a Runner runs tasks, workflows and launch plans, got {entity!r}")
        bound = replayed_inputs(entity, entity.bind(**inputs))
        open_gate_if_unused()
        if entity.metadata.deprecated:
            warn_if_deprecated(entity)
        outcome = self._recorded(entity, bound) if self._records else drive(entity, bound, self.options)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _recorded(self, entity: Any, inputs: Mapping[str, Any]) -> Outcome:
        from fletching.run.recording import Recorder

        recorder = Recorder(name=self._name, tags=self._tags, recover=self._recover, force=self._force)
        options = self.options
        kept = {"executor": options.executor, "max_parallel": options.max_parallel, "cache": options.cache}
        self.run_id = recorder.begin(entity, inputs, {key: value for key, value in kept.items() if value is not None})
        outcome = Outcome(error=RunCancelledError("it did not end"))
        try:
            outcome = drive(entity, inputs, replace(options, recorder=Shared(recorder)))
        except BaseException as error:
            outcome = Outcome(error=error)
            raise
        finally:
            recorder.end(outcome)
        return outcome


def drive(entity: Any, inputs: Mapping[str, Any], options: RunOptions) -> Outcome:
    """Run an executable with bound inputs and return how it ended."""
    machine = Machine(options)
    try:
        with gently(machine):
            return machine.run(new_call(entity, inputs, options))
    finally:
        if options.recorder is not None:
            options.recorder.flush()  # whoever began the record ends it, and may do so on another thread
