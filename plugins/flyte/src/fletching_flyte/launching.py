"""Launching: whatever one has, a task of this program or one of the backend's, becomes an execution."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, UnknownOptionError, close_match
from fletching.extend import Executable, ReferenceEntity
from fletching_flyte.deploying import deploy
from fletching_flyte.executing import LaunchOptions, input_literals, start_execution
from fletching_flyte.executions import FlyteWorkflowExecution
from fletching_flyte.fetched import LazyEntity
from fletching_flyte.fetching import check_references, identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.identifier_pb2 import Identifier

    from fletching import Options
    from fletching.extend import SerializationSettings
    from fletching_flyte.client import FlyteClient
    from fletching_flyte.deploying import Copy

__all__ = ["begin", "launch", "options_of", "target_of"]


def launch(
    client: FlyteClient,
    entity: Any,
    inputs: Mapping[str, Any],
    *,
    settings: SerializationSettings,
    project: str | None = None,
    domain: str | None = None,
    copy: Copy = "auto",
    name: str | None = None,
    prefix: str = "f",
    told: LaunchOptions | None = None,
) -> FlyteWorkflowExecution:
    """Start an execution; what is of this program is registered first.

    Args:
        client: the backend.
        entity: what was fetched, a reference, or a task, workflow or launch plan of this program.
        inputs: native values.
        settings: where and how what is of this program is registered.
        project: where it runs; else where the entity is.
        domain: as above.
        copy: the code that is sent with what is of this program.
        name: of the execution; made up if not given.
        prefix: how a name that is made up begins.
        told: what it is told beside its inputs.
    """
    if isinstance(entity, LazyEntity):
        entity = entity.entity
    target = target_of(client, entity, settings, copy=copy)
    return begin(client, target, entity, inputs, project=project, domain=domain, name=name, prefix=prefix, told=told)


def begin(
    client: FlyteClient,
    target: Identifier,
    entity: Any,
    inputs: Mapping[str, Any],
    *,
    project: str | None = None,
    domain: str | None = None,
    name: str | None = None,
    prefix: str = "f",
    told: LaunchOptions | None = None,
    same_inputs: bool = True,
) -> FlyteWorkflowExecution:
    """Start an execution of what is registered, or return the one that has the name; see `launch`.

    Args:
        client: the backend.
        target: the launch plan or task that is executed.
        entity: what has its signature.
        inputs: native values.
        project: where it runs; else where the target is.
        domain: as above.
        name: of the execution; made up if not given.
        prefix: how a name that is made up begins.
        told: what it is told beside its inputs.
        same_inputs: refuse one of the name that has other inputs; else the name says enough.
    """
    from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

    project, domain = project or target.project, domain or target.domain
    interface = entity.python_interface
    given = dict(inputs)
    if target.resource_type == 1:  # a launch plan knows the defaults, and a task does not
        given = {**interface.defaults, **given}
    literals = input_literals(client, interface, given, what=entity.name, project=project, domain=domain)
    made = start_execution(
        client,
        target,
        literals,
        project=project,
        domain=domain,
        name=name,
        prefix=prefix,
        told=told,
        same_inputs=same_inputs,
    )
    request = WorkflowExecutionGetRequest(id=made)
    message = client.admin("GetExecution", request, doing=f"fetch execution {made.name!r}")
    return FlyteWorkflowExecution(client, message, interface)


def target_of(client: FlyteClient, entity: Any, settings: SerializationSettings, *, copy: Copy) -> Identifier:
    """Return the launch plan or task that an execution is of; what is of this program is registered now."""
    if not isinstance(entity, Executable):
        raise ConfigError(f"only tasks, workflows and launch plans can be executed, got {entity!r}")
    if isinstance(entity, ReferenceEntity):
        check_references(client, [entity])
        at = entity.id
        # A workflow is started by the launch plan that has its name.
        return at if at.resource_type != 2 else identifier("launch_plan", at.project, at.domain, at.name, at.version)
    made = deploy(client, [entity], settings, copy=copy).serialized
    # Also an eager task has a launch plan: that of the workflow which stops what it leaves behind.
    kinds = {entry.kind for entry in made.entities if entry.name == entity.name}
    return made.find("launch_plan" if "launch_plan" in kinds else "task", entity.name).id


def options_of(options: Options | None, told: Mapping[str, Any]) -> LaunchOptions:
    """Return what an execution is told: options, and fields of `LaunchOptions` by name.

    Raises:
        UnknownOptionError: there is no such option.
    """
    known = {each.name for each in fields(LaunchOptions)}
    for name in told:
        if name not in known:
            raise UnknownOptionError(f"an execution has no option {name!r}{close_match(name, known)}")
    return LaunchOptions(options=options, **{name: value for name, value in told.items() if value is not None})
