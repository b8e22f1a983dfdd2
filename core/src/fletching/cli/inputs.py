"""The inputs of what is run or launched, as options of a command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fletching.cli.values import ValueType, is_flag, plain

if TYPE_CHECKING:
    from fletching.executable import Executable

__all__ = ["input_option"]


def input_option(entity: Executable, name: str, kind: type[click.Option] = click.Option) -> click.Option:
    """Return the option for one input, which reads text as the input's annotation says.

    Args:
        entity: what has the input.
        name: the input.
        kind: the class of the option.
    """
    interface = entity.python_interface
    annotation = interface.inputs[name]
    docstring = interface.docstring
    described = docstring.input_descriptions.get(name, "") if docstring else ""
    dashed = name.replace("_", "-")
    settings: dict[str, Any] = {"required": name not in entity.optional_inputs}
    value = ValueType(annotation)
    notes = [value.note] if value.note and not is_flag(annotation) else []
    if name in interface.defaults:
        default = interface.defaults[name]
        shown = plain(default, annotation)
        notes.append(
            f"default: {'none' if default is None else shown if isinstance(shown, str) else json.dumps(shown)}"
        )
    settings["help"] = " ".join([described, *(f"[{note}]" for note in notes)]).strip()
    if is_flag(annotation) and f"no_{name}" not in interface.inputs:  # whose option --no-… would be this one's too
        return kind([f"--{dashed}/--no-{dashed}", name], **settings)
    words = [f"--{dashed}", *([f"--{name}"] if dashed != name else []), name]
    return kind(words, type=value, **settings)
