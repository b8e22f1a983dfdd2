"""A launch plan as what a Flyte backend registers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import Annotations, Labels, Notification, RawOutputDataConfig
from flyteidl.admin.launch_plan_pb2 import LaunchPlan as WireLaunchPlan
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.schedule_pb2 import DAY, HOUR, MINUTE, Schedule
from flyteidl.core.interface_pb2 import ParameterMap
from flyteidl.core.security_pb2 import Identity
from flyteidl.core.security_pb2 import SecurityContext as WireSecurityContext
from google.protobuf.message import Message

from fletching.errors import ConversionError, SerializationError
from fletching.idl.remembered import wire_interface
from fletching.interface import accepts_none
from fletching.schedules import CronSchedule, FixedRate
from fletching.types.engine import transformer
from fletching.types.idl import to_literal_map

if TYPE_CHECKING:
    from flyteidl.core.identifier_pb2 import Identifier

    from fletching.idl.serialize import Registry
    from fletching.launch_plans import LaunchPlan

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
        spec.entity_metadata.schedule.CopyFrom(_schedule(plan.schedule))
    where = f"launch plan {plan.name!r}"
    try:
        spec.default_inputs.CopyFrom(_parameters(plan))
        spec.fixed_inputs.CopyFrom(to_literal_map(plan.workflow.python_interface.inputs, plan.fixed_inputs))
    except ConversionError as error:
        raise SerializationError(f"{where}: a value of its inputs cannot be written: {error}") from error
    _fill_options(spec, plan.options, where)
    return message


def _parameters(plan: LaunchPlan) -> ParameterMap:
    interface = plan.python_interface
    made = ParameterMap()
    variables = wire_interface(plan.workflow).inputs.variables
    for name, kind in interface.inputs.items():
        parameter = made.parameters[name]
        parameter.var.CopyFrom(variables[name])
        default = interface.defaults.get(name)
        if default is not None:
            transformer(kind).fill(parameter.default, default)
        elif accepts_none(kind):
            parameter.default.scalar.none_type.SetInParent()
        else:
            parameter.required = True
    return made


def _schedule(schedule: CronSchedule | FixedRate) -> Schedule:
    made = Schedule(kickoff_time_input_arg=schedule.kickoff_time_input_arg or "")
    if isinstance(schedule, CronSchedule):
        made.cron_schedule.schedule = schedule.schedule
        made.cron_schedule.offset = schedule.offset or ""
        return made
    for unit, length in ((DAY, datetime.timedelta(days=1)), (HOUR, datetime.timedelta(hours=1))):
        if not schedule.duration % length:
            made.rate.value, made.rate.unit = schedule.duration // length, unit
            return made
    made.rate.value, made.rate.unit = schedule.duration // datetime.timedelta(minutes=1), MINUTE
    return made


def _fill_options(spec: LaunchPlanSpec, options: Mapping[str, Any], where: str) -> None:
    spec.labels.CopyFrom(_of(Labels, "values", options.get("labels"), f"{where}: labels"))
    spec.annotations.CopyFrom(_of(Annotations, "values", options.get("annotations"), f"{where}: annotations"))
    spec.raw_output_data_config.CopyFrom(
        _of(
            RawOutputDataConfig,
            "output_location_prefix",
            options.get("raw_output_data_config"),
            f"{where}: raw_output_data_config",
        )
    )
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
        spec.security_context.run_as.CopyFrom(_role(options["auth_role"], f"{where}: auth_role"))
    if "concurrency" in options:
        _fill_concurrency(spec, options["concurrency"], f"{where}: concurrency")
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


def _role(given: Any, where: str) -> Identity:
    iam, account = (getattr(given, name, None) for name in ("assumable_iam_role", "kubernetes_service_account"))
    if not iam and not account:
        raise SerializationError(f"{where} is {given!r}, and names no role and no account; use security_context")
    return Identity(iam_role=iam or "", k8s_service_account=account or "")


def _fill_concurrency(spec: LaunchPlanSpec, given: Any, where: str) -> None:
    policy = given.to_flyte_idl() if hasattr(given, "to_flyte_idl") else given
    field = spec.DESCRIPTOR.fields_by_name.get("concurrency_policy")
    if field is None or not isinstance(policy, Message):
        raise SerializationError(f"{where} is {given!r}, which has no wire form; give a flyteidl ConcurrencyPolicy")
    spec.concurrency_policy.CopyFrom(policy)
