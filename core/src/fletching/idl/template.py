"""A task as the protobuf that a Flyte backend registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.identifier_pb2 import TASK
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.json_format import ParseDict, ParseError

from fletching.errors import SerializationError
from fletching.idl.remembered import wire_parts
from fletching.plugins import manager

if TYPE_CHECKING:
    from fletching.python_task import PythonTask
    from fletching.settings import SerializationSettings

__all__ = ["task_spec", "task_template"]


def task_template(task: PythonTask[Any], settings: SerializationSettings) -> TaskTemplate:
    """Return a task's template, after every plugin's ``fletching_task_template`` had its say.

    Raises:
        SerializationError: its custom part is not JSON-like, or it is too large a message for a field.
        ConfigError: it needs an image and has none.
    """
    template = TaskTemplate()
    template.CopyFrom(wire_parts(task).template)
    return _written(template, task, settings)


def _written(template: TaskTemplate, task: PythonTask[Any], settings: SerializationSettings) -> TaskTemplate:
    """Write the rest of a task into a template that has its parts, and return what the plugins make of it."""
    if task.node_kind == "dynamic":
        settings = settings.with_serialized_context()  # it serializes others where it runs
    container, k8s_pod = task.get_container(settings), task.get_k8s_pod(settings)
    template.type = task.task_type
    if task.task_type_version:
        template.task_type_version = task.task_type_version
    if container is not None:
        template.container.CopyFrom(container)
    if k8s_pod is not None:
        template.k8s_pod.CopyFrom(k8s_pod)
    identifier = template.id
    identifier.resource_type = TASK
    identifier.project = settings.project or ""
    identifier.domain = settings.domain or ""
    identifier.name = task.name
    identifier.version = settings.version or ""
    if container is None and k8s_pod is None:
        # A template has one target: what a backend can start anywhere goes before what it needs a service for.
        sql = task.get_sql(settings)
        if sql is not None:
            template.sql.CopyFrom(sql)
    custom = task.get_custom(settings)
    if custom:  # as flytekit: empty is absent
        try:
            ParseDict(custom, template.custom)
        except ParseError as error:
            raise SerializationError(f"task {task.name!r}: get_custom must return JSON-like data: {error}") from error
    if task.security_context:
        template.security_context.CopyFrom(task.security_context.to_flyte_idl())
    config = task.get_config(settings)
    if config:
        template.config.update(config)
    extended = task.get_extended_resources(settings)
    if extended is not None:
        template.extended_resources.CopyFrom(extended)
    return manager().task_template(task, template)


def task_spec(task: PythonTask[Any], settings: SerializationSettings) -> TaskSpec:
    """Return what is registered for a task: its template and its documentation."""
    spec = TaskSpec()
    spec.CopyFrom(wire_parts(task))
    template = _written(spec.template, task, settings)
    if template is not spec.template:
        spec.template.CopyFrom(template)
    return spec
