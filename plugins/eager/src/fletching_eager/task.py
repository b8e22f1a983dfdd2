"""EagerAsyncPythonFunctionTask: a coroutine function that awaits other tasks while it runs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.extend import AsyncPythonFunctionTask, Executable, ExecutionBehavior, TaskMetadata, current_execution
from fletching_eager.calls import unawaited_in
from fletching_eager.config import EagerConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.core.tasks_pb2 import Container, K8sPod

    from fletching import ImperativeWorkflow
    from fletching.extend import Backend, Execution, ExecutionMode, SerializationSettings, TaskResolverMixin

__all__ = ["EagerAsyncPythonFunctionTask", "check_function"]

BACKEND: ContextVar[Backend | None] = ContextVar("fletching_eager_backend", default=None)
"""Where the calls of eager tasks run; None is here."""


class EagerAsyncPythonFunctionTask(AsyncPythonFunctionTask[EagerConfig]):
    """A task whose coroutine function awaits tasks, workflows and other eager tasks; what `eager` makes."""

    orchestrates = True
    node_kind = "eager"

    def __init__(
        self,
        task_config: EagerConfig | None,
        task_function: Callable[..., Any],
        task_type: str = "python-task",
        ignore_input_vars: list[str] | None = None,
        task_resolver: TaskResolverMixin | None = None,
        node_dependency_hints: Iterable[Any] | None = None,
        enable_deck: bool | None = None,
        *,
        metadata: TaskMetadata | None = None,
        **kwargs: Any,
    ) -> None:
        check_function(task_function)
        kwargs.setdefault("execution_mode", ExecutionBehavior.EAGER)
        if enable_deck is None and kwargs.get("disable_deck") is None:
            enable_deck = True
        self._blocking_limit = (task_config or EagerConfig()).blocking_limit
        super().__init__(
            task_config=None,
            task_function=task_function,
            task_type=task_type,
            ignore_input_vars=ignore_input_vars,
            task_resolver=task_resolver,
            enable_deck=enable_deck,
            metadata=replace(metadata or TaskMetadata(), is_eager=True),
            **kwargs,
        )
        self._node_dependency_hints = node_dependency_hints

    def _runs_modes(self) -> tuple[ExecutionBehavior, ...]:
        return (ExecutionBehavior.EAGER,)

    @property
    def blocking_limit(self) -> float | None:
        """After how many seconds a warning says what holds up its event loop; None is never."""
        return self._blocking_limit

    # How it runs

    async def async_execute(self, /, *args: Any, **kwargs: Any) -> Any:
        """Await the function; what it calls is run when it is awaited, and nothing of that outlives it."""
        from fletching_eager.session import Session

        session = Session(self, BACKEND.get() or _backend_around(current_execution()))
        session.begin()
        error: BaseException | None = None
        try:
            value = await super().async_execute(*args, **kwargs)
            forgotten = unawaited_in(value)
            if forgotten is not None:
                raise forgotten._refuse(f"was returned by {self.name!r}")
        except BaseException as problem:
            error = problem
            raise
        finally:
            await session.end(error)
        return value

    def local_execution_mode(self) -> ExecutionMode:
        from fletching.extend import ExecutionMode

        return ExecutionMode.EAGER_LOCAL_EXECUTION

    async def run_with_backend(self, /, **kwargs: Any) -> Any:
        """Run it here, and what it calls on a backend: the one that `run` was given, else processes of this machine.

        When this process is told to end, by SIGTERM or Ctrl-C, everything it started is stopped first.
        """
        from fletching_eager.backend import LocalBackend
        from fletching_eager.signals import ending_gracefully

        token = BACKEND.set(BACKEND.get() or LocalBackend())
        try:
            with ending_gracefully():
                return await self(**kwargs)
        finally:
            BACKEND.reset(token)

    def run(self, remote: Backend | str, ss: SerializationSettings | None = None, **kwargs: Any) -> Any:
        """Run it here, and what it calls on a backend; block until it has ended.

        Args:
            remote: the backend, or its name in the group ``fletching.backends``.
            ss: what the backend needs to register what is called; a local one needs nothing.
            kwargs: the inputs.
        """
        from contextvars import copy_context

        from fletching_eager.backend import backend_of
        from fletching_eager.signals import run_to_end

        backend = backend_of(remote, ss)

        def start() -> Any:
            BACKEND.set(backend)
            return run_to_end(self.run_with_backend(**kwargs))

        return copy_context().run(start)

    def get_as_workflow(self) -> ImperativeWorkflow:
        """Return a workflow of the same name, inputs and outputs, whose one node is this task.

        When it fails on a backend, what it had started there is stopped.
        """
        from fletching import ImperativeWorkflow
        from fletching.extend import Interface
        from fletching_eager.cleanup import EagerFailureHandlerTask

        workflow = ImperativeWorkflow(self.name)
        interface = self.python_interface
        given: dict[str, Any] = {}
        for name, kind in interface.inputs.items():
            default = {"default": interface.defaults[name]} if name in interface.defaults else {}
            given[name] = workflow.add_workflow_input(name, kind, **default)
        node = workflow.add_entity(self, **given)
        for name, kind in interface.outputs.items():
            workflow.add_workflow_output(name, node.outputs[name], kind)
        workflow.add_on_failure_handler(
            EagerFailureHandlerTask(f"{self.name}-cleanup", Interface(interface.inputs), self.container_image)
        )
        return workflow

    # What it is on a backend

    def get_container(self, settings: SerializationSettings) -> Container | None:
        return super().get_container(settings.with_serialized_context())

    def get_k8s_pod(self, settings: SerializationSettings) -> K8sPod | None:
        return super().get_k8s_pod(settings.with_serialized_context())


def _backend_around(execution: Execution | None) -> Backend | None:
    """Return the backend in whose container this runs, if there is one that can be asked to run more."""
    if execution is None or execution.executor != "container":
        return None
    from fletching_eager.backend import backend_of_container

    return backend_of_container()


def check_function(function: Any, what: str = "@eager") -> None:
    """Refuse what is no coroutine function; ``what`` is the decorator that needs one.

    Raises:
        ConfigError: it is something else.
    """
    import inspect

    if isinstance(function, Executable):
        kind = function.node_kind
        raise ConfigError(
            f"{what} goes in front of an async function, got the {kind} {function.name!r}; keep one of the decorators"
        )
    if not inspect.iscoroutinefunction(function):
        name = getattr(function, "__qualname__", None) or repr(function)
        raise ConfigError(
            f"{what} goes in front of an async function, and {name} is none: write 'async def', and await what it "
            "calls; @dynamic is for a plain function that builds a graph"
        )
