"""The attempt that a container is for: find the task, read its inputs, run it, give what is to be written."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fletching.context import Execution
from fletching.errors import ResolverError, WireError, add_note

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.container.arguments import Arguments
    from fletching.container.ending import Ending
    from fletching.container.result import OutputFolder
    from fletching.crossing import LiteralCrossing
    from fletching.settings import SerializationSettings

__all__ = ["ContainerAttempt"]

ATTEMPT = "FLYTE_ATTEMPT_NUMBER"


class ContainerExecution(Execution):
    """An attempt that a backend started."""

    __slots__ = ("arguments", "decks", "output_prefix")

    def __init__(self, task: Any, arguments: Arguments) -> None:
        number = os.environ.get(ATTEMPT, "")
        super().__init__(task, int(number) if number.isdecimal() else 0, executor="container")
        self.arguments = arguments
        self.output_prefix = arguments.output_prefix
        self.decks: dict[str, str] = {}
        """The sections of its report, when it has ended."""

    def checkpoint_places(self) -> tuple[str, str | None]:
        if self.arguments.checkpoint_path is None:
            return super().checkpoint_places()
        return self.arguments.checkpoint_path, self.arguments.prev_checkpoint

    def end(self) -> None:
        self.decks = dict(self.parameters.decks)
        super().end()


class ContainerAttempt:
    """What one container does, step by step; `stage` tells which step an error came from."""

    def __init__(self, arguments: Arguments, folder: OutputFolder, *, maps: bool) -> None:
        self._arguments = arguments
        self._folder = folder
        self._maps = maps
        """Whether it is for one element of a map task."""
        self._stage = "before"
        self._crossing: LiteralCrossing | None = None
        self.task: Any = None
        self.execution: ContainerExecution | None = None

    @property
    def stage(self) -> str:
        """What is being done: ``before``, ``loading``, ``inputs``, ``work``, ``outputs`` or ``after``."""
        return self._stage if self._crossing is None else self._crossing.stage

    def run(self, ending: Ending) -> tuple[str, bytes]:
        """Do it, and return the name and the content of the file that tells the outcome."""
        from fletching.container.packages import install_runtime_packages
        from fletching.container.result import OUTPUTS, stored_apart
        from fletching.types.blobs import join, raw_output_prefix

        install_runtime_packages()
        arguments = self._arguments
        # Not a folder of this process, which is gone when the outputs are read.
        raw_output_prefix.set(arguments.raw_output_data_prefix or join(arguments.output_prefix, "raw"))
        with suppress(FileNotFoundError):  # the current folder may be gone, and the code elsewhere
            if os.getcwd() not in sys.path:
                sys.path.append(os.getcwd())
        self._stage = "loading"
        found = self._load()
        self._stage = "before"
        inputs = self._read_inputs()
        self._stage = "inputs"
        if self._maps:
            from fletching.container.elements import element_of, index_of_element

            inputs = element_of(found, inputs, index_of_element(os.environ))
        self._stage = "before"
        value = self._execute(inputs, ending)
        if isinstance(value, bytes):
            from fletching.container.result import FUTURES

            return FUTURES, value
        return OUTPUTS, stored_apart(value, self.task.python_interface, self._folder).SerializeToString()

    def _load(self) -> Any:
        """Find the task; `task` is what runs, what is returned is what the resolver gave."""
        from fletching.python_task import PythonTask
        from fletching.resolver import load_resolver

        try:
            found = load_resolver(self._arguments.resolver).load_task(list(self._arguments.words))
            if self._maps:
                from fletching.container.elements import target_of

                self.task = target_of(found)
            else:
                self.task = found
            if not isinstance(self.task, PythonTask):
                raise ResolverError(f"{self.task!r} is no task, so no container runs it")
        except Exception as error:
            add_note(error, f"while {self._arguments.resolver} looked for {' '.join(self._arguments.words)}")
            self._note_version(error)
            raise
        return found

    def _read_inputs(self) -> LiteralMap:
        from flyteidl.core.literals_pb2 import LiteralMap
        from google.protobuf.message import DecodeError

        from fletching.types.blobs import read_blob

        data = read_blob(self._arguments.inputs)
        try:
            return LiteralMap.FromString(data)
        except DecodeError as error:
            raise WireError(
                f"the inputs at {self._arguments.inputs!r} cannot be read: {len(data)} bytes that are no LiteralMap"
            ) from error

    def _execute(self, inputs: LiteralMap, ending: Ending) -> LiteralMap | bytes:
        from fletching.execution import run_attempt, run_attempt_async
        from fletching.expansion import Expansion

        task = self.task
        self.execution = execution = ContainerExecution(task, self._arguments)
        self._crossing = crossing = self._new_crossing()
        try:
            if task.is_async:
                value = ending.run(run_attempt_async(execution, inputs, crossing))
            else:
                value = run_attempt(execution, inputs, crossing)
        except Exception as error:
            if crossing.stage == "inputs":
                self._note_version(error)
            raise
        if isinstance(value, Expansion):
            value = self._expanded(value, crossing)
        return value

    def _new_crossing(self) -> LiteralCrossing:
        if self.task.enable_deck:
            from fletching.container.report import ReportedCrossing

            return ReportedCrossing(self.task)
        from fletching.crossing import LiteralCrossing

        return LiteralCrossing(self.task)

    def report(self) -> str | None:
        """Return the page of a task that has a report, whatever became of it; None for one that has none."""
        if self.execution is None or not self.task.enable_deck:
            return None
        from fletching.container.report import ReportedCrossing, deck_html, known_sections

        assert isinstance(self._crossing, ReportedCrossing), "the task has a report"
        own = self.execution.decks
        known = known_sections(self.task, self._crossing)
        return deck_html(self.task.name, {**own, **{title: known[title] for title in known if title not in own}})

    def _expanded(self, value: Any, crossing: LiteralCrossing) -> LiteralMap | bytes:
        """Return what a task's work is that consists of other calls: a job for the backend, or their outputs."""
        from fletching.graph.walk import GraphExpansion

        if isinstance(value, GraphExpansion):
            from flyteidl.core.literals_pb2 import LiteralMap

            from fletching.idl.dynamic import dynamic_job

            made = dynamic_job(value.graph, self._settings())
            crossing.stage = "after"
            return made if isinstance(made, LiteralMap) else made.SerializeToString()
        from fletching.run.call import new_call
        from fletching.run.local import run_expansion

        outcome = run_expansion(new_call(self.task, {}), value)
        if outcome.error is not None:
            raise outcome.error
        return crossing.carry_outputs(outcome.value)

    def _settings(self) -> SerializationSettings:
        """Return the settings for what a dynamic task starts: those it was registered with, and where its code is."""
        from dataclasses import replace

        from fletching.identity import execution_identity, task_identity
        from fletching.settings import CONTEXT_VARIABLE, FastSerializationSettings, SerializationSettings

        text = os.environ.get(CONTEXT_VARIABLE)
        settings = SerializationSettings.from_transport(text) if text else SerializationSettings(None)
        arguments, run, me = self._arguments, execution_identity(), task_identity()
        fast = None
        if arguments.dynamic_addl_distro is not None:
            fast = FastSerializationSettings(
                enabled=True,
                destination_dir=arguments.dynamic_dest_dir,
                distribution_location=arguments.dynamic_addl_distro,
            )
        return replace(
            settings,
            project=settings.project or (run.project if run else None),
            domain=settings.domain or (run.domain if run else None),
            version=me.version if me else settings.version,
            fast_serialization_settings=fast,
        )

    def _note_version(self, error: BaseException) -> None:
        """Say of an error that comes of other code than was registered which version was."""
        from fletching.identity import task_identity

        me = task_identity()
        if me is None or not me.version:
            return
        add_note(
            error,
            f"the backend started {me.name!r} of version {me.version!r}; is the code in this image of that version?",
        )
