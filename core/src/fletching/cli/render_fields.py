"""The fields of a message as paths and values, and in which fields two messages differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MISSING", "Change", "changes", "leaves"]

NAMES = ("id", "name", "key", "var", "nodeId")
"""Fields that tell the items of a list apart: a node has an id, a resource a name, an environment variable a key, a
binding a var."""


class Change(NamedTuple):
    """One field that two messages have differently."""

    path: str
    """In the message that has it; in the older one if both have it at different places."""
    old: Any
    new: Any
    """`MISSING` where a message doesn't have it."""


class Missing:
    """Stands for a field that is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Tell each field that holds no others, and each empty message, by its path."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from leaves(value, _below(path, name))
    elif isinstance(data, list) and data:
        for label, value in zip(_labels(data), data, strict=True):
            yield from leaves(value, f"{path}[{label}]")
    else:
        yield path, data


def changes(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Tell in what two messages differ, field by field; ``path`` is where both are."""
    if old == new and _words(old) == _words(new):  # Python says of 1 and True that they are equal, also deep inside
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from changes(old.get(name, MISSING), new.get(name, MISSING), _below(path, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, path)
    elif old is MISSING or new is MISSING:
        for where, value in leaves(new if old is MISSING else old, path):
            yield Change(where, MISSING, value) if old is MISSING else Change(where, value, MISSING)
    else:
        yield Change(path, old, new)


def _words(value: Any) -> str:
    return "" if value is MISSING else json.dumps(value, sort_keys=True)


def _list_changes(old: list[Any], new: list[Any], path: str) -> Iterator[Change]:
    labels = _labels(old), _labels(new)
    if all(label and not label.isdigit() for each in labels for label in each):
        ours, theirs = dict(zip(labels[0], old, strict=True)), dict(zip(labels[1], new, strict=True))
        renamed = _renamed(ours, theirs)
        for label in [*ours, *(label for label in theirs if label not in ours and label not in renamed.values())]:
            other = theirs.get(renamed.get(label, label), MISSING)
            yield from changes(ours.get(label, MISSING), other, f"{path}[{label}]")
        if labels[0] != labels[1] and ours.keys() == theirs.keys():
            yield Change(f"{path} (order)", list(ours), list(theirs))
        return
    from difflib import SequenceMatcher

    words = [[_words(each) for each in items] for items in (old, new)]
    for kind, a, b, c, d in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for at in range(max(b - a, d - c)):
            one = old[a + at] if a + at < b else MISSING
            other = new[c + at] if c + at < d else MISSING
            label = labels[1][c + at] if one is MISSING else labels[0][a + at]
            yield from changes(one, other, f"{path}[{label}]")


def _renamed(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, str]:
    """Return which node or binding is the same under another name: those that are left over, if there are as many."""
    alone = [label for label in ours if label not in theirs], [label for label in theirs if label not in ours]
    if len(alone[0]) != len(alone[1]) or any(
        not ({"id", "var"} & each.keys()) for each in (*ours.values(), *theirs.values())
    ):
        return {}
    return dict(zip(*alone, strict=True))


def _below(path: str, name: str) -> str:
    plain = name.replace("_", "").replace("-", "").isalnum()
    if plain:
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name)}]"


def _labels(items: list[Any]) -> list[str]:
    """Return what tells the items of a list apart: the field that does, or their numbers."""
    for name in NAMES:
        found = [item.get(name) if isinstance(item, dict) else None for item in items]
        found = [each.get("name") if isinstance(each, dict) else each for each in found]  # an identifier has a name
        if all(isinstance(each, str) and each for each in found) and len(set(found)) == len(found):
            return [str(each) for each in found]
    return [str(at) for at in range(len(items))]
