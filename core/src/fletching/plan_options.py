"""How a backend runs what is started there: labels, where outputs go, as whom, how much at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from fletching.frozen import check_flag, check_mapping, check_text, refuse, set_field
from fletching.security import Identity, SecurityContext
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.admin import common_pb2, launch_plan_pb2

    from fletching.notifications import Notification

__all__ = [
    "Annotations",
    "AuthRole",
    "ConcurrencyLimitBehavior",
    "ConcurrencyPolicy",
    "Labels",
    "Options",
    "RawOutputDataConfig",
]


@dataclass(frozen=True)
class Texts(WireValue):
    """Texts by name; use one of the classes below."""

    values: Mapping[str, str]
    """Read-only."""

    def __post_init__(self) -> None:
        if self.values is None:
            refuse(self, "values", None, "a dict of str to str")
        check_mapping(self, "values")


@dataclass(frozen=True)
class Labels(Texts):
    """Kubernetes labels of what an execution runs."""

    def to_flyte_idl(self) -> common_pb2.Labels:
        """Return the wire form, ``flyteidl.admin.Labels``."""
        from flyteidl.admin import common_pb2

        return common_pb2.Labels(values=self.values)

    @classmethod
    def from_flyte_idl(cls, pb2_object: common_pb2.Labels) -> Labels:
        """Return the value of a wire form."""
        return cls(dict(pb2_object.values))


@dataclass(frozen=True)
class Annotations(Texts):
    """Kubernetes annotations of what an execution runs."""

    def to_flyte_idl(self) -> common_pb2.Annotations:
        """Return the wire form, ``flyteidl.admin.Annotations``."""
        from flyteidl.admin import common_pb2

        return common_pb2.Annotations(values=self.values)

    @classmethod
    def from_flyte_idl(cls, pb2_object: common_pb2.Annotations) -> Annotations:
        """Return the value of a wire form."""
        return cls(dict(pb2_object.values))


@dataclass(frozen=True)
class RawOutputDataConfig(WireValue):
    """Below which place files and other large outputs are written."""

    output_location_prefix: str
    """Such as ``s3://bucket/folder``."""

    def __post_init__(self) -> None:
        check_text(self, "output_location_prefix")

    def to_flyte_idl(self) -> common_pb2.RawOutputDataConfig:
        """Return the wire form, ``flyteidl.admin.RawOutputDataConfig``."""
        from flyteidl.admin import common_pb2

        return common_pb2.RawOutputDataConfig(output_location_prefix=self.output_location_prefix)

    @classmethod
    def from_flyte_idl(cls, pb2_object: common_pb2.RawOutputDataConfig) -> RawOutputDataConfig:
        """Return the value of a wire form."""
        return cls(pb2_object.output_location_prefix)


@dataclass(frozen=True)
class AuthRole(WireValue):
    """As whom something runs; the older way to say it. A `SecurityContext` says more."""

    assumable_iam_role: str | None = None
    kubernetes_service_account: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "assumable_iam_role", "kubernetes_service_account", optional=True)

    def to_identity(self) -> Identity:
        """Return what a security context says instead."""
        return Identity(self.assumable_iam_role, self.kubernetes_service_account)

    def to_flyte_idl(self) -> common_pb2.AuthRole:
        """Return the wire form, ``flyteidl.admin.AuthRole``."""
        from flyteidl.admin import common_pb2

        return common_pb2.AuthRole(
            assumable_iam_role=self.assumable_iam_role or "",
            kubernetes_service_account=self.kubernetes_service_account or "",
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: common_pb2.AuthRole) -> AuthRole:
        """Return the value of a wire form."""
        return cls(pb2_object.assumable_iam_role or None, pb2_object.kubernetes_service_account or None)


class ConcurrencyLimitBehavior(IntEnum):
    """What becomes of an execution that would be one too many."""

    SKIP = 1
    """It is not started."""


@dataclass(frozen=True)
class ConcurrencyPolicy(WireValue):
    """How many executions of a launch plan may run at the same time."""

    max_concurrency: int
    behavior: ConcurrencyLimitBehavior = ConcurrencyLimitBehavior.SKIP

    def __post_init__(self) -> None:
        count = self.max_concurrency
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count < 2**31:
            refuse(self, "max_concurrency", count, "a number from 1 to 2,147,483,647")
        behavior = ConcurrencyLimitBehavior.SKIP if self.behavior is None else self.behavior
        if behavior not in tuple(ConcurrencyLimitBehavior):
            known = ", ".join(f"ConcurrencyLimitBehavior.{each.name}" for each in ConcurrencyLimitBehavior)
            refuse(self, "behavior", behavior, known)
        set_field(self, "behavior", ConcurrencyLimitBehavior(behavior))

    def to_flyte_idl(self) -> launch_plan_pb2.ConcurrencyPolicy:
        """Return the wire form, ``flyteidl.admin.ConcurrencyPolicy``."""
        from flyteidl.admin import launch_plan_pb2

        behavior = launch_plan_pb2.ConcurrencyLimitBehavior.ValueType(int(self.behavior))
        return launch_plan_pb2.ConcurrencyPolicy(max=self.max_concurrency, behavior=behavior)

    @classmethod
    def from_flyte_idl(cls, pb2_object: launch_plan_pb2.ConcurrencyPolicy) -> ConcurrencyPolicy:
        """Return the value of a wire form."""
        return cls(pb2_object.max, ConcurrencyLimitBehavior(int(pb2_object.behavior)))


@dataclass(frozen=True)
class Options:
    """What holds for launch plans where they are registered, or for one execution; each field wins over the plan's."""

    labels: Labels | Mapping[str, str] | None = None
    annotations: Annotations | Mapping[str, str] | None = None
    raw_output_data_config: RawOutputDataConfig | str | None = None
    security_context: SecurityContext | None = None
    """Its identity and its secrets win one by one."""
    max_parallelism: int | None = None
    """The most tasks of one execution at the same time."""
    notifications: Iterable[Notification] | None = None
    disable_notifications: bool | None = None
    """Whether nobody is told of this execution; it says nothing about a launch plan."""
    overwrite_cache: bool | None = None

    def __post_init__(self) -> None:
        for name, kind in (("labels", Labels), ("annotations", Annotations)):
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                set_field(self, name, kind(value))
        if isinstance(self.raw_output_data_config, str):
            set_field(self, "raw_output_data_config", RawOutputDataConfig(self.raw_output_data_config))
        check_flag(self, "disable_notifications", "overwrite_cache", optional=True)
        most = self.max_parallelism
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            refuse(self, "max_parallelism", most, "a number of 0 or more, or None")
        if self.security_context is not None and not isinstance(self.security_context, SecurityContext):
            refuse(self, "security_context", self.security_context, "a SecurityContext or None")
        if self.notifications is not None:
            if not isinstance(self.notifications, (list, tuple)):
                refuse(self, "notifications", self.notifications, "a list of Email, Slack and PagerDuty, or None")
            set_field(self, "notifications", tuple(self.notifications))

    @classmethod
    def default_from(cls, k8s_service_account: str | None = None, raw_data_prefix: str | None = None) -> Options:
        """Return options that say as whom to run and where outputs go, as far as given."""
        return cls(
            raw_output_data_config=RawOutputDataConfig(raw_data_prefix) if raw_data_prefix else None,
            security_context=(
                SecurityContext(run_as=Identity(k8s_service_account=k8s_service_account))
                if k8s_service_account
                else None
            ),
        )

    def given(self) -> dict[str, object]:
        """Return the fields that say something, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}
