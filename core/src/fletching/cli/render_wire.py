"""Reading files of the wire: which message a file holds, from its name, from what it says, or from the user."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from fletching.cli.render_text import Part
from fletching.errors import SerializationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

__all__ = ["TYPES", "is_wire", "read_wire"]

TYPES = {
    "TaskSpec": "flyteidl.admin.task_pb2",
    "WorkflowSpec": "flyteidl.admin.workflow_pb2",
    "LaunchPlan": "flyteidl.admin.launch_plan_pb2",
    "LiteralMap": "flyteidl.core.literals_pb2",
    "ErrorDocument": "flyteidl.core.errors_pb2",
    "DynamicJobSpec": "flyteidl.core.dynamic_job_pb2",
    "TaskTemplate": "flyteidl.core.tasks_pb2",
    "Literal": "flyteidl.core.literals_pb2",
}
"""The messages that files hold, and the module of each."""

KINDS = {"TaskSpec": "task", "WorkflowSpec": "workflow", "LaunchPlan": "launchPlan"}
"""What is registered, as it is called where it is rendered."""

NAMES = (
    (re.compile(r"^\d+_.*_1\.pb$"), "TaskSpec"),
    (re.compile(r"^\d+_.*_2\.pb$"), "WorkflowSpec"),
    (re.compile(r"^\d+_.*_3\.pb$"), "LaunchPlan"),
    (re.compile(r"^(inputs|outputs)\.pb$"), "LiteralMap"),
    (re.compile(r"^error\.pb$"), "ErrorDocument"),
    (re.compile(r"^futures\.pb$"), "DynamicJobSpec"),
)
"""How files are called whose content is settled by that."""

GUESSED = ("TaskSpec", "WorkflowSpec", "LaunchPlan", "LiteralMap", "ErrorDocument", "DynamicJobSpec")

ARCHIVES = (".tgz", ".tar.gz")


def is_wire(source: str) -> bool:
    """Whether a source is a protobuf, an archive of them, or a folder of a package."""
    if os.path.isdir(source):
        return any(NAMES[at][0].match(file) for file in os.listdir(source) for at in range(3))
    return source.endswith((".pb", *ARCHIVES)) and os.path.isfile(source)


def read_wire(source: str, kind: str | None = None) -> list[Part]:
    """Return what a file, an archive or a folder holds, in the order of the names.

    Args:
        source: see `is_wire`.
        kind: the type of every message; without it, it is found out.

    Raises:
        SerializationError: a file is truncated, is no protobuf, or can be more than one of the types.
    """
    return [_part(name, data, kind) for name, data in _files(source)]


def _files(source: str) -> Iterator[tuple[str, bytes]]:
    if os.path.isdir(source):
        for name in sorted(os.listdir(source)):
            if name.endswith(".pb"):
                yield os.path.join(source, name), _bytes(os.path.join(source, name))
    elif source.endswith(ARCHIVES):
        import tarfile
        import zlib

        try:
            with tarfile.open(source, "r:gz") as archive:
                members = sorted((each for each in archive if each.isfile()), key=lambda each: each.name)
                for member in members:
                    stream = archive.extractfile(member)
                    if member.name.endswith(".pb") and stream is not None:
                        yield member.name, stream.read()
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise SerializationError(f"{source!r} cannot be read as an archive of protobufs: {error}") from error
    else:
        yield source, _bytes(source)


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SerializationError(f"{path!r} cannot be read: {error}") from error


def _part(name: str, data: bytes, kind: str | None) -> Part:
    base = os.path.basename(name)
    asked = kind or next((told for pattern, told in NAMES if pattern.match(base)), None)
    if asked is None:
        asked = _guessed(name, data)
    message, problem = _parsed(data, asked)
    if message is None:
        raise SerializationError(
            f"{name!r} ({len(data)} bytes) is no readable {asked}: {problem}; it is truncated, or another type"
            + ("" if kind else ": name that with --as")
        )
    return Part(kind=KINDS.get(asked, asked), name=_name(message) or base, message=message)


def _name(message: Any) -> str:
    holder = getattr(message, "template", message)
    return str(getattr(getattr(holder, "id", None), "name", ""))


def _guessed(name: str, data: bytes) -> str:
    if not data:
        raise SerializationError(f"{name!r} is empty, which every message may be; name its type with --as")
    fitting = [kind for kind in GUESSED if (message := _parsed(data, kind)[0]) is not None and _plausible(message)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise SerializationError(
            f"{name!r} ({len(data)} bytes) is none of {', '.join(GUESSED)}; it is truncated, no protobuf, or of a type "
            "to be named with --as"
        )
    raise SerializationError(f"{name!r} can be any of {', '.join(fitting)}; name its type with --as")


def _plausible(message: Any) -> bool:
    """Whether a message says what one of its type does; the bytes of one type are often some message of another."""
    kind = message.DESCRIPTOR.name
    if kind == "LiteralMap":
        return all(name.isidentifier() and one.WhichOneof("value") for name, one in message.literals.items())
    if kind == "ErrorDocument":
        error = message.error
        text = error.message.translate(dict.fromkeys(map(ord, "\n\r\t\x1b")))
        return bool(error.code) and error.code.isprintable() and text.isprintable()
    if kind == "DynamicJobSpec":
        return all(node.id.isprintable() and node.WhichOneof("target") for node in message.nodes)
    return True  # an entity has an identifier, which says of what kind it is


def _parsed(data: bytes, kind: str) -> tuple[Message | None, str]:
    """Return the message, or None and what is wrong with it as one of this type."""
    from importlib import import_module

    from google.protobuf.message import DecodeError

    message: Message = getattr(import_module(TYPES[kind]), kind)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        return None, str(error)
    unknown = _unknown(message)
    if unknown:
        return None, f"it has the field {unknown}, which the type has not"
    wrong = _wrong_id(message, kind)
    return (None, wrong) if wrong else (message, "")


def _unknown(message: Any) -> str:
    """Return the path of a field that the message's type doesn't know, or an empty string."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    waiting = [("", message)]
    while waiting:
        path, each = waiting.pop()
        for field in UnknownFieldSet(each):  # type: ignore[attr-defined]  # it has the sequence protocol
            return f"{path}#{field.field_number}"
        for descriptor, value in each.ListFields():
            kind = descriptor.message_type
            if kind is None:
                continue
            inner = f"{path}{descriptor.json_name}."
            if kind.GetOptions().map_entry:
                if kind.fields_by_name["value"].message_type is not None:
                    waiting += [(inner, one) for one in value.values()]
            elif hasattr(value, "ListFields"):
                waiting.append((inner, value))
            else:
                waiting += [(inner, one) for one in value]
    return ""


def _wrong_id(message: Any, kind: str) -> str:
    """Return why an entity's identifier is not one of its type, or an empty string."""
    from flyteidl.core import identifier_pb2

    wanted = {"TaskSpec": "TASK", "WorkflowSpec": "WORKFLOW", "LaunchPlan": "LAUNCH_PLAN"}.get(kind)
    if wanted is None:
        return ""
    holder = getattr(message, "template", message)
    found = identifier_pb2.ResourceType.Name(holder.id.resource_type)
    return "" if found == wanted else f"its identifier is of {found.lower()}"
