"""``@workflow``: a function that calls tasks becomes a graph of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypedDict, TypeVar, overload

from fletching.errors import UnknownOptionError, close_match
from fletching.function_workflow import PythonFunctionWorkflow

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Unpack

    from fletching.documentation import Documentation
    from fletching.graph.walk import WorkflowFailurePolicy

__all__ = ["WorkflowOptions", "workflow"]

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class WorkflowOptions(TypedDict, total=False):
    """Every option of `workflow`, typed once."""

    failure_policy: WorkflowFailurePolicy | None
    """What happens to the other nodes when one failed."""
    interruptible: bool
    """Whether its nodes may run where they can be pre-empted, if they say nothing else."""
    on_failure: Any
    """A task or workflow that is called with the same inputs when it failed; may take ``err: FlyteError`` as well."""
    docs: Documentation | None
    """Its documentation; a docstring fills what is empty."""
    pickle_untyped: bool
    """Let parameters and results without annotation travel as pickles."""
    default_options: Any
    """Options of its default launch plan on a backend."""


if TYPE_CHECKING:

    class FunctionWorkflow(PythonFunctionWorkflow, Generic[P, R]):
        """What type checkers see: a workflow that is called as its function is."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

        def aio(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]: ...


@overload
def workflow(_workflow_function: Callable[P, R], **options: Unpack[WorkflowOptions]) -> FunctionWorkflow[P, R]: ...


@overload
def workflow(
    _workflow_function: None = None, **options: Unpack[WorkflowOptions]
) -> Callable[[Callable[P, R]], FunctionWorkflow[P, R]]: ...


def workflow(_workflow_function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Make a workflow of a function: ``@workflow``, ``@workflow(on_failure=...)`` or ``workflow(function)``.

    Its function is run once, when the graph is first needed, with promises for inputs: each call of a task in it
    becomes a node. A call of the workflow runs the graph, independent nodes at the same time.

    Raises:
        UnknownOptionError: an option nobody knows.
        InterfaceError: the signature cannot be an interface.
        ConfigError: an option's value is wrong.
    """
    known = WorkflowOptions.__annotations__
    for option in options:
        if option not in known:
            raise UnknownOptionError(f"workflow: unknown option {option!r}{close_match(option, known)}")

    def make(function: Callable[..., Any]) -> PythonFunctionWorkflow:
        return PythonFunctionWorkflow(function, **options)

    return make if _workflow_function is None else make(_workflow_function)
