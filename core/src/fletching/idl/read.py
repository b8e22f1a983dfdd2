"""``read_wire``: what was registered or left by a task, from bytes, with an error that says what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import DecodeError, Message

from fletching.errors import ConfigError, UnknownTaskTypeError, WireError, close_match
from fletching.plugins import manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.python_task import PythonTask

__all__ = ["class_of_template", "read_wire"]

MESSAGES: dict[str, type[Any]] = {
    "task": TaskSpec,
    "task_template": TaskTemplate,
    "workflow": WorkflowSpec,
    "launch_plan": LaunchPlan,
    "dynamic_job": DynamicJobSpec,
    "literals": LiteralMap,
    "error": ErrorDocument,
}


def read_wire(kind: str, data: bytes, where: str = "") -> Any:
    """Return the message that bytes hold.

    Args:
        kind: ``task``, ``task_template``, ``workflow``, ``launch_plan``, ``dynamic_job``, ``literals`` or ``error``.
        data: the bytes.
        where: where they come from, for messages.

    Raises:
        WireError: they are cut off, or hold something else: what every such message has is not there.
    """
    if kind not in MESSAGES:
        raise ConfigError(f"kind is {kind!r}, expected one of {', '.join(MESSAGES)}{close_match(kind, MESSAGES)}")
    told = f"{where or f'{len(data)} bytes'}: no {kind.replace('_', ' ')} can be read"
    try:
        message = MESSAGES[kind].FromString(data)
    except DecodeError as error:
        raise WireError(f"{told}; the bytes are cut off, or are none of protobuf ({error})") from error
    problem = next(_problems(message), None)
    if problem is not None:
        raise WireError(f"{told}; {problem}: the bytes are cut off, or hold another kind of message")
    return message


def class_of_template(template: TaskTemplate) -> type[PythonTask[Any]] | None:
    """Return the class that makes tasks of a template's type; None for those of core, a function or a container.

    Raises:
        UnknownTaskTypeError: nothing that is installed knows the type; the message says what to install.
    """
    word = template.type
    if word in OWN:
        return None
    try:
        found: type[PythonTask[Any]] = manager().load("tasks", word)
    except UnknownTaskTypeError as error:
        raise UnknownTaskTypeError(f"task {template.id.name!r} of a backend: {error}") from error
    return found


OWN = frozenset({"python-task", "raw-container"})


def _problems(message: Message) -> Iterator[str]:
    """Tell what a message lacks that all of its kind have."""
    one: Any = message
    if isinstance(message, TaskSpec):
        yield from _problems(one.template)
    elif isinstance(message, TaskTemplate):
        if not one.id.name:
            yield "it has no name"
        elif not one.type:
            yield f"task {one.id.name!r} has no type"
        elif not one.HasField("interface"):
            yield f"task {one.id.name!r} has no interface"
    elif isinstance(message, WorkflowSpec):
        for template in (one.template, *one.sub_workflows):
            if not template.id.name:
                yield "it has no name"
            yield from _problems_of_nodes(template.nodes, f"workflow {template.id.name!r}")
    elif isinstance(message, LaunchPlan):
        if not one.id.name:
            yield "it has no name"
        elif not one.spec.workflow_id.name:
            yield f"launch plan {one.id.name!r} is of no workflow"
    elif isinstance(message, DynamicJobSpec):
        yield from _problems_of_nodes(one.nodes, "it")
    elif isinstance(message, LiteralMap):
        for name, literal in one.literals.items():
            if literal.WhichOneof("value") is None:
                yield f"{name!r} has no value"
    elif isinstance(message, ErrorDocument) and not one.HasField("error"):
        yield "it tells no error"


def _problems_of_nodes(nodes: Any, where: str) -> Iterator[str]:
    for node in nodes:
        if not node.id:
            yield f"{where} has a node without id"
        elif node.WhichOneof("target") is None:
            yield f"node {node.id!r} of {where} calls nothing"
