"""A task as the protobuf that a Flyte backend registers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.python_task import PythonTask
    from fletching.settings import SerializationSettings

__all__ = ["task_spec", "task_template"]


def task_template(task: PythonTask[Any], settings: SerializationSettings) -> TaskTemplate:
    """Return a task's template, after every plugin's ``fletching_task_template`` had its say.

    Raises:
        SerializationError: its custom part is not JSON-like, or it is too large a message for a field.
        ConfigError: it needs an image and has none.
    """
    from flyteidl.core.identifier_pb2 import TASK, Identifier
    from flyteidl.core.tasks_pb2 import TaskTemplate
    from google.protobuf.json_format import ParseDict, ParseError
    from google.protobuf.struct_pb2 import Struct

    from fletching.errors import SerializationError
    from fletching.plugins import manager

    if getattr(task, "node_kind", "") == "dynamic":
        settings = settings.with_serialized_context()  # it serializes others where it runs
    custom = task.get_custom(settings)
    try:
        struct = ParseDict(custom, Struct()) if custom else None  # as flytekit: empty is absent
    except ParseError as error:
        raise SerializationError(f"task {task.name!r}: get_custom must return JSON-like data: {error}") from error
    container, k8s_pod = task.get_container(settings), task.get_k8s_pod(settings)
    template = TaskTemplate(
        id=Identifier(
            resource_type=TASK,
            project=settings.project or "",
            domain=settings.domain or "",
            name=task.name,
            version=settings.version or "",
        ),
        type=task.task_type,
        metadata=task.metadata.to_taskmetadata_model(),
        interface=task.interface,
        custom=struct,
        container=container,
        task_type_version=task.task_type_version,
        security_context=task.security_context.to_flyte_idl() if task.security_context else None,
        config=task.get_config(settings),
        k8s_pod=k8s_pod,
        # A template has one target: what a backend can start anywhere goes before what it needs a service for.
        sql=task.get_sql(settings) if container is None and k8s_pod is None else None,
        extended_resources=task.get_extended_resources(settings),
    )
    return manager().task_template(task, template)


def task_spec(task: PythonTask[Any], settings: SerializationSettings) -> TaskSpec:
    """Return what is registered for a task: its template and its documentation."""
    from flyteidl.admin.task_pb2 import TaskSpec

    from fletching.documentation import Description, Documentation

    docs = task.docs
    if hasattr(task, "task_function"):
        # As flytekit writes it: a function always has a long description, if only with its format.
        docs = docs or Documentation()
        docs = docs if docs.long_description is not None else replace(docs, long_description=Description())
    return TaskSpec(template=task_template(task, settings), description=docs.to_flyte_idl() if docs else None)
