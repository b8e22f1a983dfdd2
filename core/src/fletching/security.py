"""Secrets a task asks for, how they are found when it runs, and the identity it runs under."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from fletching.frozen import check_text, refuse, set_field
from fletching.redaction import redact, remember_secret
from fletching.secret_lookup import SecretsManager, lookup_secret
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl.core import security_pb2

__all__ = [
    "Identity",
    "MountType",
    "Secret",
    "SecretsManager",
    "SecurityContext",
    "lookup_secret",
    "redact",
    "remember_secret",
]


class MountType(Enum):
    """How a secret reaches a container."""

    ANY = 0
    """As the platform likes."""
    ENV_VAR = 1
    FILE = 2


@dataclass(frozen=True)
class Secret(WireValue):
    """Asks for a secret by name; it never holds the value.

    Read it with ``current_context().secrets.get(group, key)``.
    """

    group: str | None = None
    """The store the secret is kept in, or the secret itself if it has no keys."""
    key: str | None = None
    """Which entry of the group."""
    group_version: str | None = None
    mount_requirement: MountType = MountType.ANY
    env_var: str | None = None
    """The environment variable that holds the value, or the path of the file if it is mounted as one."""

    MountType: ClassVar = MountType
    """The choices of ``mount_requirement``."""

    def __post_init__(self) -> None:
        if self.group is None or (self.group == "" and not self.key):
            refuse(self, "group", self.group, "a non-empty str")
        check_text(self, "group", "key", "group_version", "env_var", optional=True)
        try:
            set_field(self, "mount_requirement", MountType(self.mount_requirement))
        except ValueError:
            known = ", ".join(f"MountType.{one.name}" for one in MountType)
            refuse(self, "mount_requirement", self.mount_requirement, known)
        if self.env_var is not None and not is_variable(self.env_var):
            refuse(self, "env_var", self.env_var, "capital letters, digits and underscores, not starting with a digit")

    def to_flyte_idl(self) -> security_pb2.Secret:
        """Return the wire form, ``flyteidl.core.Secret``."""
        from flyteidl.core import security_pb2

        return security_pb2.Secret(
            group=self.group or "",
            group_version=self.group_version or "",
            key=self.key or "",
            mount_requirement=security_pb2.Secret.MountType.ValueType(self.mount_requirement.value),
            env_var=self.env_var or "",
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.Secret) -> Secret:
        """Return the value of a wire form."""
        return cls(
            group=pb2_object.group,
            key=pb2_object.key or None,
            group_version=pb2_object.group_version or None,
            mount_requirement=MountType(pb2_object.mount_requirement),
            env_var=pb2_object.env_var or None,
        )


def is_variable(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name.upper() == name


@dataclass(frozen=True)
class Identity(WireValue):
    """Who a task is for the systems it talks to."""

    iam_role: str | None = None
    k8s_service_account: str | None = None
    execution_identity: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "iam_role", "k8s_service_account", "execution_identity", optional=True)

    def to_flyte_idl(self) -> security_pb2.Identity:
        """Return the wire form, ``flyteidl.core.Identity``."""
        from flyteidl.core import security_pb2

        return security_pb2.Identity(
            iam_role=self.iam_role or "",
            k8s_service_account=self.k8s_service_account or "",
            execution_identity=self.execution_identity or "",
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.Identity) -> Identity:
        """Return the value of a wire form."""
        return cls(
            pb2_object.iam_role or None,
            pb2_object.k8s_service_account or None,
            pb2_object.execution_identity or None,
        )


@dataclass(frozen=True)
class SecurityContext(WireValue):
    """The identity a task runs under and the secrets it asks for."""

    run_as: Identity | None = None
    secrets: Iterable[Secret] | None = None
    """Stored as a tuple or None; a single one may be given as it is."""

    def __post_init__(self) -> None:
        if self.run_as is not None and not isinstance(self.run_as, Identity):
            refuse(self, "run_as", self.run_as, "an Identity or None")
        if self.secrets is None:
            return
        given = (self.secrets,) if isinstance(self.secrets, Secret) else self.secrets
        if not isinstance(given, (list, tuple)):
            refuse(self, "secrets", given, "a list of Secret")
        for secret in given:
            if not isinstance(secret, Secret):
                # The value may be the secret itself, given by mistake: only its type is named.
                refuse(self, "secrets", type(secret), "a list of Secret")
        set_field(self, "secrets", tuple(given))

    def to_flyte_idl(self) -> security_pb2.SecurityContext:
        """Return the wire form, ``flyteidl.core.SecurityContext``."""
        from flyteidl.core import security_pb2

        return security_pb2.SecurityContext(
            run_as=self.run_as.to_flyte_idl() if self.run_as else None,
            secrets=[secret.to_flyte_idl() for secret in self.secrets or ()],
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.SecurityContext) -> SecurityContext:
        """Return the value of a wire form."""
        return cls(
            Identity.from_flyte_idl(pb2_object.run_as) if pb2_object.HasField("run_as") else None,
            [Secret.from_flyte_idl(secret) for secret in pb2_object.secrets] or None,
        )
