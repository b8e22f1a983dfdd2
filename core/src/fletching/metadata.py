"""What a task asks of whoever runs it: retries, a deadline, caching, interruptibility."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fletching.frozen import check_flag, check_mapping, check_names, check_text, refuse, set_field

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from flyteidl.core import literals_pb2, tasks_pb2

__all__ = ["RetryStrategy", "TaskMetadata"]


@dataclass(frozen=True)
class RetryStrategy:
    """How often a failed attempt is made again."""

    retries: int = 0

    def __post_init__(self) -> None:
        check_retries(self, self.retries)

    def to_flyte_idl(self) -> literals_pb2.RetryStrategy:
        """Return the wire form."""
        from flyteidl.core import literals_pb2

        return literals_pb2.RetryStrategy(retries=self.retries)

    @classmethod
    def from_flyte_idl(cls, pb2_object: literals_pb2.RetryStrategy) -> RetryStrategy:
        """Return the value of a wire form."""
        return cls(pb2_object.retries)


@dataclass(frozen=True)
class TaskMetadata:
    """Everything about a task that is neither its interface nor its code; the same on every executor."""

    cache: bool = False
    """Reuse the outputs of an earlier call with equal inputs."""
    cache_serialize: bool = False
    """Let equal calls that run at the same time wait for the first one."""
    cache_version: str = ""
    """What has to change for old outputs to be forgotten. Required with ``cache``."""
    cache_ignore_input_vars: tuple[str, ...] = ()
    """Inputs that do not count when two calls are compared."""
    interruptible: bool | None = None
    """May run where it can be pre-empted; None leaves that to the platform."""
    deprecated: str = ""
    """A message for callers of a task that should not be called any more."""
    retries: int = 0
    """How many more attempts a failed one gets."""
    timeout: datetime.timedelta | int | None = None
    """How long an attempt may take, seconds if an int; 0 and None mean no limit. Stored as timedelta or None."""
    pod_template_name: str | None = None
    """A pod template that exists in the cluster."""
    generates_deck: bool = False
    """Whether a report is written."""
    is_eager: bool = False
    """Whether the task calls others while it runs."""
    labels: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Kubernetes labels of what runs it."""
    annotations: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Kubernetes annotations of what runs it."""

    def __post_init__(self) -> None:
        check_flag(self, "cache", "cache_serialize", "generates_deck", "is_eager")
        check_flag(self, "interruptible", optional=True)
        check_text(self, "cache_version", "deprecated")
        check_text(self, "pod_template_name", optional=True)
        check_retries(self, self.retries)
        check_timeout(self)
        check_mapping(self, "labels", "annotations")
        ignored = check_names(self, "cache_ignore_input_vars")
        if self.cache and not self.cache_version:
            refuse(self, "cache_version", self.cache_version, "a non-empty str because cache is True")
        if self.cache_serialize and not self.cache:
            refuse(self, "cache_serialize", True, "False because cache is False; set cache=True as well")
        if ignored and not self.cache:
            refuse(self, "cache_ignore_input_vars", ignored, "() because cache is False; set cache=True as well")

    @property
    def retry_strategy(self) -> RetryStrategy:
        """The retries as a value of their own."""
        return RetryStrategy(self.retries)

    def to_taskmetadata_model(self) -> tasks_pb2.TaskMetadata:
        """Return the wire form, ``flyteidl.core.TaskMetadata``."""
        from flyteidl.core import tasks_pb2
        from google.protobuf.wrappers_pb2 import BoolValue

        from fletching.versions import own_version

        message = tasks_pb2.TaskMetadata(
            discoverable=self.cache,
            runtime=tasks_pb2.RuntimeMetadata(
                type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version=own_version(), flavor="python"
            ),
            retries=self.retry_strategy.to_flyte_idl(),
            discovery_version=self.cache_version,
            deprecated_error_message=self.deprecated,
            cache_serializable=self.cache_serialize,
            generates_deck=BoolValue(value=self.generates_deck),
            pod_template_name=self.pod_template_name or "",
            cache_ignore_input_vars=self.cache_ignore_input_vars,
            is_eager=self.is_eager,
            metadata=tasks_pb2.K8sObjectMetadata(labels=self.labels or {}, annotations=self.annotations or {}),
        )
        # An unset member of the oneof means "the platform decides", which False would not.
        if self.interruptible is not None:
            message.interruptible = self.interruptible
        if self.timeout is not None:
            message.timeout.FromTimedelta(self.timeout)
        return message


def check_retries(owner: object, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        refuse(owner, "retries", value, "an int of 0 or more")


def check_timeout(metadata: TaskMetadata) -> None:
    value: object = metadata.timeout
    if value is None:
        return
    import datetime  # here: few tasks have a deadline, and every first call would wait for it

    if isinstance(value, bool) or not isinstance(value, (int, datetime.timedelta)):
        refuse(metadata, "timeout", value, "an int of seconds or a datetime.timedelta")
    try:
        limit = value if isinstance(value, datetime.timedelta) else datetime.timedelta(seconds=value)
    except OverflowError:
        refuse(metadata, "timeout", value, "less than datetime.timedelta.max")
    if limit < datetime.timedelta(0):
        refuse(metadata, "timeout", value, "0 (no limit) or more")
    set_field(metadata, "timeout", limit or None)
