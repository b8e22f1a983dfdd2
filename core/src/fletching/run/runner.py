"""Runner: runs tasks, workflows and launch plans with options that a plain call has no place for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.gate import open_gate_if_unused
from fletching.run.call import new_call, replayed_inputs
from fletching.run.machine import Machine
from fletching.run.options import RunOptions

if TYPE_CHECKING:
    from fletching.run.cache import CacheMode
    from fletching.run.recorder import Recorder

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
        recorder: who keeps what happens, such as the run store.
    """

    def __init__(
        self,
        *,
        executor: str | None = None,
        max_parallel: int | None = None,
        cache: CacheMode | None = None,
        lenient: bool = False,
        recorder: Recorder | None = None,
    ) -> None:
        self.options = RunOptions(
            executor=executor, max_parallel=max_parallel, cache=cache, lenient=lenient, recorder=recorder
        )
        """What every run is made with."""
        if executor is not None:
            from fletching.run.executors import executor_named

            executor_named(
                executor
            ).close()  # a name that nothing answers to is refused here, not in the middle of a run

    def run(self, entity: Any, /, **inputs: Any) -> Any:
        """Run an executable with native inputs by name, and return its native outputs.

        Raises:
            CallError: the inputs do not bind.
            ExecutorError: the executor cannot keep what a task asks for.
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
        machine = Machine(self.options)
        from fletching.run.interrupts import gently

        with gently(machine):
            outcome = machine.run(new_call(entity, bound))
        if outcome.error is not None:
            raise outcome.error
        return outcome.value
