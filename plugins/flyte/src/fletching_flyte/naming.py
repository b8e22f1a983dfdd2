"""Names of things on a backend: identifiers, how they are written in texts and URLs, and versions made of content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl.core.identifier_pb2 import Identifier

__all__ = [
    "KINDS",
    "check_execution_name",
    "content_version",
    "describe",
    "key_of",
    "new_execution_name",
    "parse_target",
    "where",
]

KINDS = {"task": 1, "workflow": 2, "launch_plan": 3}
"""Kind -> the number of its resource type."""

LONGEST_NAME = 63
"""Of an execution: it names pods."""


def describe(kind: str, name: str, version: str | None = None) -> str:
    """Return how errors speak of something: ``workflow 'flows.train' at version 'v1'``."""
    return f"{kind.replace('_', ' ')} {name!r}" + (f" at version {version!r}" if version else "")


def where(project: str, domain: str) -> str:
    """Return how errors speak of a place."""
    return f"project {project!r}, domain {domain!r}"


def parse_target(text: str) -> tuple[str, str | None]:
    """Return name and version of ``name[@version]``."""
    name, at, version = text.partition("@")
    if not name or (at and not version):
        raise ConfigError(f"{text!r} is no name[@version]")
    return name, version or None


def key_of(identifier: Identifier) -> tuple[int, str, str, str, str]:
    """Return an identifier as a value that can be a key."""
    return (identifier.resource_type, identifier.project, identifier.domain, identifier.name, identifier.version)


def new_execution_name(prefix: str = "f") -> str:
    """Return a name that nobody has."""
    import secrets

    head = re.sub(r"[^a-z0-9-]+", "-", prefix.lower()).strip("-") or "f"
    if not head[0].isalpha():
        head = f"f{head}"
    tail = secrets.token_hex(10)  # not of the global generator, which a program may have seeded
    return f"{head[: LONGEST_NAME - len(tail) - 1]}-{tail}" if prefix != "f" else f"f{tail[:19]}"


def check_execution_name(name: str) -> str:
    """Return the name of an execution if it can be one.

    Raises:
        ConfigError: a backend would refuse it.
    """
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name):
        raise ConfigError(
            f"execution name {name!r} must be at most {LONGEST_NAME} lower-case letters, digits and dashes, and begin "
            "with a letter"
        )
    return name


def content_version(entities: Iterable[Any], code: str) -> str:
    """Return the version of what was serialized without one, together with code.

    Args:
        entities: `SerializedEntity` values.
        code: the digest of the bundle, or empty.
    """
    import hashlib

    digest = hashlib.sha256(code.encode())
    for each in sorted(entities, key=lambda entity: (entity.kind, entity.name)):
        data = each.to_bytes()
        digest.update(f"\0{each.kind}\0{each.name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:32]
