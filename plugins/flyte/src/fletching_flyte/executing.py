"""Starting executions: inputs as literals, options, a name, and the execution that has the name already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fletching.errors import CallError
from fletching.extend import to_literal_map
from fletching_flyte.naming import check_execution_name, new_execution_name, where
from fletching_flyte.nested_files import send_nested_files
from fletching_flyte.problems import (
    FlyteEntityAlreadyExistsException,
    FlyteEntityNotExistException,
    FlyteInvalidInputException,
)
from fletching_flyte.transfers import upload_literals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching import Options
    from fletching.extend import Interface
    from fletching_flyte.client import FlyteClient

__all__ = ["LaunchOptions", "input_literals", "start_execution"]


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """What one execution is told beside its inputs. What is not given is as the launch plan has it."""

    options: Options | None = None
    """Those that launch plans have as well; what is said below stands over them."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    envs: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of every container."""
    tags: tuple[str, ...] = ()
    raw_output_prefix: str = ""
    """Where its data is put."""
    service_account: str = ""
    """The Kubernetes service account that its pods have."""
    max_parallelism: int | None = None
    """How many of its nodes run at the same time."""
    interruptible: bool | None = None
    overwrite_cache: bool | None = None
    cluster_pool: str = ""
    execution_cluster_label: str = ""

    def fill(self, spec: Any) -> None:
        """Write what was given into an ``admin.ExecutionSpec``."""
        if self.options is not None:
            self._fill_options(spec, self.options)
        spec.labels.values.update(self.labels)
        spec.annotations.values.update(self.annotations)
        for key, value in self.envs.items():
            spec.envs.values.add(key=key, value=value)
        spec.tags.extend(self.tags)
        if self.raw_output_prefix:
            spec.raw_output_data_config.output_location_prefix = self.raw_output_prefix
        if self.service_account:
            spec.security_context.run_as.k8s_service_account = self.service_account
        if self.max_parallelism is not None:
            spec.max_parallelism = self.max_parallelism
        if self.interruptible is not None:
            spec.interruptible.value = self.interruptible
        if self.overwrite_cache is not None:
            spec.overwrite_cache = self.overwrite_cache
        if self.cluster_pool:
            spec.cluster_assignment.cluster_pool_name = self.cluster_pool
        if self.execution_cluster_label:
            spec.execution_cluster_label.value = self.execution_cluster_label

    def _fill_options(self, spec: Any, options: Options) -> None:
        for name in ("labels", "annotations", "raw_output_data_config", "security_context"):
            value = getattr(options, name)
            if value is not None:
                getattr(spec, name).CopyFrom(value.to_flyte_idl())
        if options.max_parallelism is not None:
            spec.max_parallelism = options.max_parallelism
        if options.overwrite_cache is not None:
            spec.overwrite_cache = options.overwrite_cache
        if options.disable_notifications:
            spec.disable_all = True
        elif options.notifications is not None:
            spec.notifications.notifications.extend(each.to_flyte_idl() for each in options.notifications)


def input_literals(
    client: FlyteClient, interface: Interface, inputs: Mapping[str, Any], *, what: str, project: str, domain: str
) -> LiteralMap:
    """Return inputs as literals; files of this machine are sent.

    Raises:
        CallError: one is missing or unknown.
        ConversionError: one does not fit its type.
    """
    missing = [name for name in interface.inputs if name not in inputs and name not in interface.defaults]
    if missing:
        raise CallError(f"{what}: missing input {missing[0]!r} of type {interface.inputs[missing[0]]}")
    literals = to_literal_map(interface.inputs, inputs, task=what)
    upload_literals(client, literals, project=project, domain=domain)
    send_nested_files(client, literals, interface.inputs, inputs, project=project, domain=domain)
    return literals


def start_execution(
    client: FlyteClient,
    target: Identifier,
    literals: LiteralMap,
    *,
    project: str,
    domain: str,
    name: str | None = None,
    prefix: str = "f",
    told: LaunchOptions | None = None,
    same_inputs: bool = True,
) -> WorkflowExecutionIdentifier:
    """Start an execution of a launch plan or a task, and return its identifier.

    One of that name, of the same target and with the same inputs, is adopted: so that a request whose answer was lost
    has one effect.

    Raises:
        FlyteEntityAlreadyExistsException: the name is that of another execution.
        BackendError: another reason why it was not started.
    """
    from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionMetadata
    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

    name = check_execution_name(name) if name else new_execution_name(prefix)
    request = ExecutionCreateRequest(project=project, domain=domain, name=name, inputs=literals)
    request.spec.launch_plan.CopyFrom(target)
    request.spec.metadata.mode = ExecutionMetadata.MANUAL
    request.spec.metadata.principal = "fletching"
    (told or LaunchOptions()).fill(request.spec)
    doing = f"execute {target.name!r} at version {target.version!r} in {where(project, domain)}"
    try:
        found = client.admin("CreateExecution", request, doing=doing)
    except FlyteEntityAlreadyExistsException as error:
        identifier = WorkflowExecutionIdentifier(project=project, domain=domain, name=name)
        difference = _difference(client, identifier, target, literals if same_inputs else None)
        if difference:
            raise FlyteEntityAlreadyExistsException(
                f"cannot {doing}: execution {name!r} exists and {difference}; choose another name"
            ) from error
        return identifier
    except (FlyteEntityNotExistException, FlyteInvalidInputException) as error:
        from fletching_flyte.fetching import place_hint

        hint = place_hint(client, project, domain)
        if hint:
            raise type(error)(f"{error}; {hint}") from error
        raise
    made: WorkflowExecutionIdentifier = found.id
    return made


def _difference(
    client: FlyteClient, identifier: WorkflowExecutionIdentifier, target: Identifier, literals: LiteralMap | None
) -> str:
    from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest, WorkflowExecutionGetRequest

    doing = f"fetch execution {identifier.name!r}"
    execution = client.admin("GetExecution", WorkflowExecutionGetRequest(id=identifier), doing=doing)
    other = execution.spec.launch_plan
    if (other.name, other.version) != (target.name, target.version):
        return f"is one of {other.name!r} at version {other.version!r}"
    if literals is None:
        return ""
    data = client.admin("GetExecutionData", WorkflowExecutionGetDataRequest(id=identifier), doing=doing)
    theirs = data.full_inputs.literals
    for name, literal in literals.literals.items():
        if name not in theirs or theirs[name] != literal:
            return f"has another input {name!r}"
    return ""
