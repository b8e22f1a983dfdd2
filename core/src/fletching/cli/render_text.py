"""Protobufs as JSON, YAML and proto text, in the same order and with the same names every time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.message import Message

__all__ = ["FORMATS", "Part", "message_data", "read_yaml", "to_json", "to_yaml", "written"]

LONG_LINE = 1_000_000_000

FORMATS = ("json", "yaml", "text")


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One message, and what it is about."""

    kind: str
    """``task``, ``workflow``, ``launchPlan``; or the message's own type for what is no entity."""
    name: str
    """The entity's full name, or the file it was read from."""
    message: Any

    def data(self) -> dict[str, Any]:
        """Return the message as the JSON of protobuf."""
        return message_data(self.message)

    def template(self) -> Any:
        """Return the task's template, or None if it is about something else."""
        kind = self.message.DESCRIPTOR.name
        return self.message.template if kind == "TaskSpec" else self.message if kind == "TaskTemplate" else None


def message_data(message: Message) -> dict[str, Any]:
    """Return a message as the JSON of protobuf, as plain data; keys of maps are sorted, as protobuf has no order."""
    from google.protobuf.json_format import MessageToDict

    data: dict[str, Any] = MessageToDict(message)
    ordered: dict[str, Any] = _ordered(data, message.DESCRIPTOR)
    return ordered


def _ordered(data: Any, descriptor: Any) -> Any:
    if descriptor.full_name.startswith("google.protobuf."):
        return _sorted(data)
    inside = _messages_in(descriptor)
    made: dict[str, Any] = {}
    for name, value in data.items():
        kind, is_map = inside.get(name, (None, False))
        if is_map:
            made[name] = {key: value[key] if kind is None else _ordered(value[key], kind) for key in sorted(value)}
        elif kind is None:
            made[name] = value
        elif isinstance(value, list):
            made[name] = [_ordered(each, kind) for each in value]
        else:
            made[name] = _ordered(value, kind)
    return made


@cache
def _messages_in(descriptor: Any) -> dict[str, tuple[Any, bool]]:
    """Return the fields of a message that hold messages or are maps: the type inside, and whether it is a map."""
    found: dict[str, tuple[Any, bool]] = {}
    for field in descriptor.fields:
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            found[field.json_name] = kind.fields_by_name["value"].message_type, True
        elif kind is not None:
            found[field.json_name] = kind, False
    return found


def _sorted(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _sorted(data[key]) for key in sorted(data)}
    return [_sorted(each) for each in data] if isinstance(data, list) else data


def written(parts: Iterable[Part], form: str) -> str:
    """Return messages as one text, in one of `FORMATS`."""
    if form == "text":
        from google.protobuf.text_format import MessageToString

        return "\n".join(f"# {part.kind} {part.name}".rstrip() + f"\n{MessageToString(part.message)}" for part in parts)
    data = [{part.kind: part.data()} for part in parts]
    return to_json(data) if form == "json" else to_yaml(data)


def to_json(data: Any) -> str:
    """Return plain data as JSON."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def to_yaml(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return plain data as YAML, each item a document.

    Raises:
        ConfigError: pyyaml is not installed.
    """
    yaml = _yaml()
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where it was built
    return str(
        yaml.dump_all(
            documents, Dumper=dumper, sort_keys=False, allow_unicode=True, explicit_start=True, width=LONG_LINE
        )
    )


def read_yaml(text: str) -> list[Any]:
    """Return the documents of a YAML text as plain data.

    Raises:
        ConfigError: pyyaml is not installed.
        ValueError: it is no YAML.
    """
    yaml = _yaml()
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {error}") from error


def _yaml() -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ConfigError("YAML needs pyyaml, which is not installed; pip install 'fletching[yaml]'") from error
    return yaml
