"""A launch plan as what a Flyte backend registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import Annotations as WireAnnotations
from flyteidl.admin.common_pb2 import Labels as WireLabels
from flyteidl.admin.common_pb2 import Notification
from flyteidl.admin.common_pb2 import RawOutputDataConfig as WireRawOutput
from flyteidl.admin.launch_plan_pb2 import ConcurrencyPolicy as WireConcurrencyPolicy
from flyteidl.admin.launch_plan_pb2 import LaunchPlan as WireLaunchPlan
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.core.security_pb2 import SecurityContext as WireSecurityContext
from google.protobuf.message import Message

from fletching.errors import ConversionError, SerializationError
from fletching.idl.remembered import wire_interface
from fletching.plan_options import AuthRole
from fletching.security import SecurityContext
from fletching.types.idl import parameter_map, to_literal_map

if TYPE_CHECKING:
    from flyteidl.core.identifier_pb2 import Identifier

    from fletching.idl.serialize import Registry
    from fletching.launch_plans import LaunchPlan
    from fletching.plan_options import Options

__all__ = ["launch_plan_message"]


def launch_plan_message(plan: LaunchPlan, identifier: Identifier, registry: Registry) -> WireLaunchPlan:
    """Return what is registered for a launch plan; its workflow is registered before it.

    Raises:
        SerializationError: an option or a value of it has no wire form.
    """
    message = WireLaunchPlan(id=identifier)
    message.closure.expected_inputs.SetInParent()
    message.closure.expected_outputs.SetInParent()
    spec = message.spec
    spec.workflow_id.CopyFrom(registry.reference(plan.workflow))
    spec.entity_metadata.SetInParent()
    if plan.schedule is not None:
        spec.entity_metadata.schedule.CopyFrom(plan.schedule.to_flyte_idl())
    where = f"launch plan {plan.name!r}"
    try:
        variables = wire_interface(plan.workflow).inputs
        spec.default_inputs.CopyFrom(parameter_map(plan.python_interface, variables))
        spec.fixed_inputs.CopyFrom(to_literal_map(plan.workflow.python_interface.inputs, plan.fixed_inputs))
    except ConversionError as error:
        raise SerializationError(f"{where}: a value of its inputs cannot be written: {error}") from error
    _fill_options(spec, merged(plan.options, registry.options), where)
    return message


def merged(own: Mapping[str, Any], options: Options | None) -> Mapping[str, Any]:
    """Return a plan's options with those of a registration on top; who runs it, and with which secrets, one by one."""
    if options is None:
        return own
    given = options.given()
    given.pop("disable_notifications", None)  # that is said of an execution
    context = given.get("security_context")
    if isinstance(context, SecurityContext):
        role, before = own.get("auth_role"), own.get("security_context")
        if isinstance(role, AuthRole):
            own = {name: value for name, value in own.items() if name != "auth_role"}
            before = SecurityContext(run_as=role.to_identity())
        if isinstance(before, SecurityContext):
            given["security_context"] = SecurityContext(
                run_as=context.run_as or before.run_as, secrets=context.secrets or before.secrets
            )
    return {**own, **given}


def _fill_options(spec: LaunchPlanSpec, options: Mapping[str, Any], where: str) -> None:
    for name, kind, field in (
        ("labels", WireLabels, "values"),
        ("annotations", WireAnnotations, "values"),
        ("raw_output_data_config", WireRawOutput, "output_location_prefix"),
    ):
        getattr(spec, name).CopyFrom(_of(kind, field, options.get(name), f"{where}: {name}"))
    if "notifications" in options:
        given = options["notifications"]
        if not isinstance(given, Iterable):
            raise SerializationError(f"{where}: notifications must be several notifications, got {given!r}")
        for each in given:
            spec.entity_metadata.notifications.append(_of(Notification, "", each, f"{where}: notifications"))
    if "trigger" in options:
        trigger = options["trigger"]
        raise SerializationError(f"{where}: trigger {trigger!r} has no wire form here; give its times as schedule")
    if "security_context" in options:
        spec.security_context.CopyFrom(
            _of(WireSecurityContext, "", options["security_context"], f"{where}: security_context")
        )
    if "auth_role" in options:
        # A backend has forgotten roles: who runs it is part of the security context.
        role = options["auth_role"]
        if not isinstance(role, AuthRole) or role.is_empty:
            raise SerializationError(
                f"{where}: auth_role is {role!r}, and names no role and no account; give an AuthRole"
            )
        spec.security_context.run_as.CopyFrom(role.to_identity().to_flyte_idl())
    if "concurrency" in options:
        spec.concurrency_policy.CopyFrom(
            _of(WireConcurrencyPolicy, "", options["concurrency"], f"{where}: concurrency")
        )
    spec.max_parallelism = options.get("max_parallelism") or 0
    spec.overwrite_cache = bool(options.get("overwrite_cache"))


def _of(kind: Any, field: str, given: Any, where: str) -> Any:
    """Return an option as a message: what can write itself does, plain data goes into the one field."""
    if given is None:
        return kind()
    written = given.to_flyte_idl() if hasattr(given, "to_flyte_idl") else given
    if isinstance(written, kind):
        return written
    if not field or isinstance(written, Message):
        raise SerializationError(f"{where} is {given!r}, which has no wire form; give a flyteidl {kind.__name__}")
    try:
        return kind(**{field: written})
    except (TypeError, ValueError) as error:
        raise SerializationError(f"{where} is {given!r}, which has no wire form: {error}") from error
