"""What a backend is told about a launch plan: labels, where data goes, who runs it, how many at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from fletching.frozen import check_mapping, check_text, refuse, set_field
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin import common_pb2, launch_plan_pb2

__all__ = ["Annotations", "AuthRole", "ConcurrencyLimitBehavior", "ConcurrencyPolicy", "Labels", "RawOutputDataConfig"]


@dataclass(frozen=True)
class Labels(WireValue):
    """Labels of the pods of a launch plan's executions; a plain dict does as well."""

    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_mapping(self, "values")

    def to_flyte_idl(self) -> common_pb2.Labels:
        """Return the wire form, ``flyteidl.admin.Labels``."""
        from flyteidl.admin import common_pb2

        return common_pb2.Labels(values=self.values)


@dataclass(frozen=True)
class Annotations(WireValue):
    """Annotations of the pods of a launch plan's executions; a plain dict does as well."""

    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_mapping(self, "values")

    def to_flyte_idl(self) -> common_pb2.Annotations:
        """Return the wire form, ``flyteidl.admin.Annotations``."""
        from flyteidl.admin import common_pb2

        return common_pb2.Annotations(values=self.values)


@dataclass(frozen=True)
class RawOutputDataConfig(WireValue):
    """Where a launch plan's executions store files and other large data."""

    output_location_prefix: str = ""
    """What every path begins with, such as ``s3://bucket/raw``; empty leaves it to the backend."""

    def __post_init__(self) -> None:
        check_text(self, "output_location_prefix")

    def to_flyte_idl(self) -> common_pb2.RawOutputDataConfig:
        """Return the wire form, ``flyteidl.admin.RawOutputDataConfig``."""
        from flyteidl.admin import common_pb2

        return common_pb2.RawOutputDataConfig(output_location_prefix=self.output_location_prefix)


@dataclass(frozen=True)
class AuthRole:
    """As whom a launch plan runs, in the words of old programs; ``security_context`` says the same."""

    assumable_iam_role: str | None = None
    kubernetes_service_account: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "assumable_iam_role", "kubernetes_service_account", optional=True)


class ConcurrencyLimitBehavior(IntEnum):
    """What happens to an execution that is one too many."""

    SKIP = 1
    """It is not started."""


@dataclass(frozen=True)
class ConcurrencyPolicy(WireValue):
    """How many executions of a launch plan may run at the same time."""

    max_concurrency: int
    behavior: ConcurrencyLimitBehavior = ConcurrencyLimitBehavior.SKIP

    def __post_init__(self) -> None:
        limit: Any = self.max_concurrency
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            refuse(self, "max_concurrency", limit, "a positive int")
        try:
            set_field(self, "behavior", ConcurrencyLimitBehavior(self.behavior))
        except ValueError:
            refuse(self, "behavior", self.behavior, "ConcurrencyLimitBehavior.SKIP")

    def to_flyte_idl(self) -> launch_plan_pb2.ConcurrencyPolicy:
        """Return the wire form, ``flyteidl.admin.ConcurrencyPolicy``."""
        from flyteidl.admin import launch_plan_pb2

        return launch_plan_pb2.ConcurrencyPolicy(max=self.max_concurrency, behavior=self.behavior.value)
