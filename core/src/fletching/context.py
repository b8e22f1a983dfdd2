"""What is running now, and what a task may ask about it.

A context variable holds the innermost `Execution`. It is set for every attempt, so it costs a fraction of a
microsecond; what a task seldom asks for (a working directory, a logger) is made when it is asked for.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.types.scratch import RUNNING

if TYPE_CHECKING:
    import datetime
    import logging
    from collections.abc import Callable, Mapping

    from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier

    from fletching.attributes import ParametersBuilder
    from fletching.checkpoints import Checkpoint
    from fletching.metadata import TaskMetadata
    from fletching.security import SecretsManager
    from fletching.stats import Stats

__all__ = [
    "RECORDER",
    "STATE",
    "Execution",
    "ExecutionMode",
    "ExecutionParameters",
    "RunId",
    "current_context",
    "current_execution",
]

LOCAL = "local"
"""Project, domain and name of everything that runs here and not on a backend."""


class ExecutionMode(Enum):
    """Where and in what a task is called, as the Flyte SDK numbers it."""

    TASK_EXECUTION = 1
    LOCAL_WORKFLOW_EXECUTION = 2
    LOCAL_TASK_EXECUTION = 3
    DYNAMIC_TASK_EXECUTION = 4
    EAGER_EXECUTION = 5
    EAGER_LOCAL_EXECUTION = 6
    LOCAL_DYNAMIC_TASK_EXECUTION = 7


class Execution:
    """One attempt of one task: what a hook and the user's code may know about it."""

    __slots__ = (
        "_metadata",
        "_parameters",
        "_path",
        "attempt",
        "call",
        "depth",
        "executor",
        "folder",
        "log",
        "overrides",
        "task",
    )

    output_prefix = ""
    """Below which a backend finds the outputs; empty where none asked for them."""

    def __init__(self, task: Any, attempt: int = 0, executor: str = "inline", folder: str = "") -> None:
        self.task = task
        """The task object."""
        self.attempt = attempt
        """Number of the attempt, from 0."""
        self.executor = executor
        """Name of the executor that runs it."""
        self.depth = 0
        """How many calls this one stands inside of."""
        self.folder = folder
        """A folder that all attempts of one call share, or empty until somebody needs one."""
        self._path: str | None = None
        self.call: Any = None
        """The `fletching.run.call.Call` it is an attempt of; None where nobody drives it, and in a worker process."""
        self.log = ""
        """A file that what the attempt prints is appended to, or empty."""
        self.overrides: Mapping[str, Any] = {}
        """What its node has otherwise than the task, by the keywords of ``with_overrides``."""
        self._metadata: TaskMetadata | None = None
        self._parameters: ExecutionParameters | None = None

    @property
    def metadata(self) -> TaskMetadata:
        """The metadata that counts for this attempt: its node's, or the task's."""
        return self.task.metadata if self._metadata is None else self._metadata

    @metadata.setter
    def metadata(self, value: TaskMetadata | None) -> None:
        self._metadata = value

    @property
    def path(self) -> str:
        """Where in its run the call stands: ``n0``, ``n2/dn1``; empty for the call that the run is of."""
        if self._path is not None:
            return self._path
        return "" if self.call is None else str(self.call.path)

    @path.setter
    def path(self, value: str) -> None:
        self._path = value

    @property
    def task_name(self) -> str:
        """The task's full name."""
        return str(self.task.name)

    def shared_folder(self) -> str:
        """Return `folder`, made now if it was not needed before."""
        if not self.folder:
            from fletching.types.blobs import new_blob_path

            self.folder = new_blob_path("call")
        return self.folder

    def checkpoint_places(self) -> tuple[str, str | None]:
        """Return where its checkpoint goes, and where the newest one of an earlier attempt of the same call is."""
        import os

        folder = self.shared_folder()
        earlier = (os.path.join(folder, f"checkpoint-{number}") for number in range(self.attempt - 1, -1, -1))
        return os.path.join(folder, f"checkpoint-{self.attempt}"), next(filter(os.path.isdir, earlier), None)

    @property
    def parameters(self) -> ExecutionParameters:
        """What `current_context` gives inside this attempt."""
        if self._parameters is None:
            self._parameters = ExecutionParameters(self)
        return self._parameters

    @parameters.setter
    def parameters(self, value: ExecutionParameters) -> None:
        self._parameters = value

    def end(self) -> None:
        """Let go of `parameters`: each refers to the other, and both to the inputs, until somebody collects garbage."""
        self._parameters = None

    def __repr__(self) -> str:
        return f"Execution(task={self.task_name!r}, attempt={self.attempt}, executor={self.executor!r})"


class RunId(NamedTuple):
    """Identity of a run on a backend."""

    project: str
    domain: str
    name: str

    def __str__(self) -> str:
        return f"ex:{self.project}:{self.domain}:{self.name}"

    def to_flyte_idl(self) -> WorkflowExecutionIdentifier:
        """Return the wire form, ``flyteidl.core.WorkflowExecutionIdentifier``."""
        from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

        return WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=self.name)


STATE: ContextVar[Execution | None] = RUNNING
"""The innermost attempt that runs here."""

RECORDER: ContextVar[Any] = ContextVar("fletching_recorder", default=None)
"""The `fletching.gate.CallTaker` that takes the calls made here, such as a graph's builder; None where they run."""


class ExecutionParameters:
    """What the running task may ask for: secrets, a working directory, a checkpoint, a logger, who it is.

    Reached with `current_context`. Outside of a task it answers for a run named ``local``.
    """

    def __init__(self, execution: Execution | None = None, **attributes: Any) -> None:
        self._execution = execution
        self._attributes = {name.upper(): value for name, value in attributes.items()}
        self._made: dict[str, Any] = {}

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @property
    def task_name(self) -> str:
        """Full name of the running task, or empty outside of one."""
        return self._execution.task_name if self._execution else ""

    @property
    def attempt(self) -> int:
        """Number of the running attempt, from 0."""
        return self._execution.attempt if self._execution else 0

    @property
    def secrets(self) -> SecretsManager:
        """Where to get secrets: ``current_context().secrets.get("group", "key")``."""

        def make() -> SecretsManager:
            from fletching.security import SecretsManager

            security = self._execution.task.security_context if self._execution else None
            return SecretsManager(requests=(security.secrets or ()) if security else ())

        manager: SecretsManager = self._once("secrets", make)
        return manager

    @property
    def working_directory(self) -> str:
        """A folder of this attempt's own, made when first asked for and removed when the process ends."""

        def make() -> str:
            import os

            from fletching.types.blobs import new_local_path

            path = new_local_path("work")
            os.makedirs(path)
            return path

        return str(self._once("working_directory", make))

    @property
    def raw_output_prefix(self) -> str:
        """Below which files and other large outputs are written."""
        from fletching.types.blobs import output_prefix

        return output_prefix()

    @property
    def output_metadata_prefix(self) -> str:
        """Below which a backend finds the outputs of the task; empty for a local run."""
        return self._execution.output_prefix if self._execution else ""

    @property
    def checkpoint(self) -> Checkpoint:
        """Where this task keeps what its next attempt may go on from."""

        def make() -> Checkpoint:
            from fletching.checkpoints import checkpoint_of

            return checkpoint_of(self._execution)

        checkpoint: Checkpoint = self._once("checkpoint", make)
        return checkpoint

    @property
    def logging(self) -> logging.Logger:
        """A logger named after the task."""
        import logging

        return logging.getLogger(f"fletching.user.{self.task_name}" if self._execution else "fletching.user")

    @property
    def stats(self) -> Stats:
        """Metrics of the user's own: ``stats.incr("rows")``. In a local run they are debug lines of `logging`."""
        from fletching.stats import Stats

        return Stats(self.logging)

    @property
    def execution_date(self) -> datetime.datetime:
        """When this attempt first asked, in UTC."""
        import datetime

        date: datetime.datetime = self._once("execution_date", lambda: datetime.datetime.now(datetime.UTC))
        return date

    @property
    def execution_id(self) -> RunId:
        """Identity of the run on a backend; ``local`` throughout for a local one."""
        from fletching.identity import execution_identity

        found = execution_identity()
        return RunId(LOCAL, LOCAL, LOCAL) if found is None else RunId(*found[:3])

    @property
    def workflow_name(self) -> str:
        """Full name of the workflow that a backend runs, or empty."""
        from fletching.identity import execution_identity

        found = execution_identity()
        return "" if found is None else found.workflow

    @property
    def launch_plan_name(self) -> str:
        """Full name of the launch plan by which a backend runs it, or empty."""
        from fletching.identity import execution_identity

        found = execution_identity()
        return "" if found is None else found.launch_plan

    @property
    def task_id(self) -> Identifier:
        """Identity of the task on a backend; ``local`` throughout for a local run."""
        from flyteidl.core.identifier_pb2 import TASK, Identifier

        from fletching.identity import TaskIdentity, task_identity

        found = task_identity() or TaskIdentity(LOCAL, LOCAL, LOCAL, LOCAL)
        return Identifier(resource_type=TASK, **found._asdict())

    @property
    def decks(self) -> dict[str, str]:
        """The sections of the attempt's report by title, as text; a plugin that shows reports reads them at its end."""
        decks: dict[str, str] = self._once("decks", dict)
        return decks

    @property
    def enable_deck(self) -> bool:
        """Whether the running task asked for a report."""
        return bool(self._execution and self._execution.task.enable_deck)

    def with_attributes(self, **attributes: Any) -> ExecutionParameters:
        """Return a copy that also has ``attributes``, as a plugin's `pre_execute` hands a session to the user."""
        copy = ExecutionParameters(self._execution, **self._attributes | {k.upper(): v for k, v in attributes.items()})
        copy._made = dict(self._made)
        return copy

    def builder(self) -> ParametersBuilder:
        """Begin such a copy: ``params.builder().add_attr("SESSION", session).build()``."""
        from fletching.attributes import ParametersBuilder

        return ParametersBuilder(self)

    def has_attr(self, attr_name: str) -> bool:
        """Whether a plugin's `pre_execute` gave it this attribute."""
        return attr_name.upper() in self._attributes

    def get(self, key: str) -> Any:
        """Return an attribute that a plugin's `pre_execute` gave; the same as ``getattr``."""
        return getattr(self, key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._attributes[name.upper()]
        except KeyError:
            known = {key.lower() for key in self._attributes} | {key for key in vars(type(self)) if key[0] != "_"}
            from fletching.errors import close_match

            raise AttributeError(f"the running task's context has no {name!r}{close_match(name, known)}") from None


def current_execution() -> Execution | None:
    """Return the attempt that is running here, or None outside of one."""
    return STATE.get()


_OUTSIDE: list[ExecutionParameters] = []


def current_context() -> ExecutionParameters:
    """Return what the running task may ask for; outside of a task, the answers of a run named ``local``."""
    if (execution := STATE.get()) is not None:
        return execution.parameters
    if not _OUTSIDE:
        _OUTSIDE.append(ExecutionParameters())
    return _OUTSIDE[0]
