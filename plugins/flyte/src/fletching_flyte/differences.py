"""What differs between an entity here and the one that a backend has under the same name and version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ADDED_NODES", "content_of", "differences"]

SHOWN = 8
"""How many differences an error lists."""

LONGEST = 160

ADDED_NODES = frozenset({"start-node", "end-node"})
"""What a backend's compiler adds to the nodes of a workflow."""


def content_of(kind: str, message: Any, *, registered: bool) -> Any:
    """Return what counts of an entity, as plain data.

    Args:
        kind: ``task``, ``workflow`` or ``launch_plan``.
        message: what is sent to register it, or what a backend gives for it.
        registered: which of the two.
    """
    if kind == "launch_plan":
        return _plain(message.spec)
    if kind == "task":
        template = message.closure.compiled_task.template if registered else message.template
        return _without(_plain(template), "id")
    template = message.closure.compiled_workflow.primary.template if registered else message.template
    content = _without(_plain(template), "id")
    nodes = [node for node in content.pop("nodes", []) if node.get("id") not in ADDED_NODES]
    content["nodes"] = {node["id"]: _node(node) for node in nodes}
    return content


def differences(here: Any, there: Any) -> list[str]:
    """Return lines that say where two contents differ; empty if they don't."""
    found = list(_compare("", here, there))
    if len(found) > SHOWN:
        found = [*found[:SHOWN], f"and {len(found) - SHOWN} more"]
    return found


def _plain(message: Any) -> Any:
    return MessageToDict(message)


def _without(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in names}


def _node(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node in an order of its own: those in which inputs and upstream nodes are named say nothing."""
    made = _without(node, "id")
    if "inputs" in made:
        made["inputs"] = {each["var"]: each.get("binding") for each in made["inputs"]}
    # The compiler derives these from the bindings, too.
    made.pop("upstreamNodeIds", None)
    return made


def _compare(path: str, here: Any, there: Any) -> Iterator[str]:
    if here == there:
        return
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted(here.keys() | there.keys()):
            yield from _compare(f"{path}.{key}" if path else str(key), here.get(key), there.get(key))
        return
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for at, (one, other) in enumerate(zip(here, there, strict=True)):
            yield from _compare(f"{path}[{at}]", one, other)
        return
    yield f"{path}: {_short(here)} here, {_short(there)} there"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
