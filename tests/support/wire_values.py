"""Strategies for types and values as text that any SDK can evaluate; see ``tests/compat/sides/random_values.py``."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone
from typing import Any, TypeAlias

from hypothesis import strategies as st

__all__ = ["typed_values"]

Kind: TypeAlias = "tuple[str, st.SearchStrategy[str]]"
"""A type, and texts of its values."""

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-5, 5)
FLOATS = st.floats()
TEXTS = st.text(max_size=12)
OFFSETS = st.just(UTC) | st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def _text(value: Any) -> str:
    return repr(value) if value == value and abs(value) != float("inf") else f"float('{value}')"


SCALARS: dict[str, st.SearchStrategy[str]] = {
    "int": INTEGERS.map(repr),
    "float": FLOATS.map(_text),
    "str": TEXTS.map(repr),
    "bool": st.booleans().map(repr),
    "datetime": st.datetimes(timezones=st.none() | OFFSETS).map(
        lambda one: f"datetime.fromisoformat({one.isoformat()!r})"
    ),
    "date": st.dates().map(lambda one: f"date.fromisoformat({one.isoformat()!r})"),
    "timedelta": st.timedeltas(timedelta(days=-9999), timedelta(days=9999)).map(
        lambda one: f"timedelta({one.days}, {one.seconds}, {one.microseconds})"
    ),
    "Color": st.sampled_from(["Color.RED", "Color.GREEN"]),
}

JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def _list(kind: Kind) -> Kind:
    return f"typing.List[{kind[0]}]", st.lists(kind[1], max_size=3).map(lambda items: f"[{', '.join(items)}]")


def _dict(kind: Kind) -> Kind:
    items = st.dictionaries(TEXTS.map(repr), kind[1], max_size=3)
    return f"typing.Dict[str, {kind[0]}]", items.map(_joined)


def _joined(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}"


def _optional(kind: Kind) -> Kind:
    return f"typing.Optional[{kind[0]}]", st.just("None") | kind[1]


def _union(kinds: list[Kind]) -> Kind:
    names = ", ".join(name for name, _ in kinds)
    return f"typing.Union[{names}]", st.one_of(*(values for _, values in kinds))


def _record(kinds: list[Kind], maker: str) -> Kind:
    # The name belongs to the fields: two classes of one name would be taken for each other.
    fields = ", ".join(f"f{at}={name}" for at, (name, _) in enumerate(kinds))
    made = f"{maker}('R{_digest(fields)}', {fields})"
    values = st.tuples(*(values for _, values in kinds))
    texts = values.map(lambda items: f"{made}({', '.join(f'f{at}={item}' for at, item in enumerate(items))})")
    # A flytekit writes models through JSON, which has no other floats than finite ones.
    return made, texts if maker == "record" else texts.map(lambda text: re.sub(r"float\('-?\w+'\)", "0.5", text))


def _digest(text: str) -> str:
    import hashlib

    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]


def _keyed(kind: Kind) -> Kind:
    keys = st.integers(-(1 << 63), (1 << 63) - 1).map(repr)
    return f"typing.Dict[int, {kind[0]}]", st.dictionaries(keys, kind[1], max_size=3).map(_joined)


SCALAR = st.sampled_from(sorted(SCALARS.items()))
DISTINCT = st.lists(st.sampled_from(["int", "str", "bool", "float"]), min_size=2, max_size=3, unique=True).map(
    # In one order: typing keeps List[Union[int, str]] and gives it for List[Union[str, int]] too.
    lambda names: _union([(name, SCALARS[name]) for name in sorted(names)])
)
UNTYPED: Kind = ("dict", st.dictionaries(TEXTS, JSON, max_size=3).map(repr))
FIELDS: st.SearchStrategy[Kind] = st.sampled_from(
    [
        ("bytes", st.binary(max_size=5).map(repr)),
        ("typing.Any", JSON.map(repr)),
        ("dict", st.dictionaries(TEXTS, JSON, max_size=3).map(repr)),
        ("Number", st.just("Number.TWO")),
        # Of more items a flytekit writes whatever order they have; ours is sorted.
        ("typing.Set[int]", st.sets(INTEGERS, min_size=1, max_size=1).map(repr)),
        ("typing.Tuple[int, str]", st.tuples(INTEGERS, TEXTS).map(repr)),
        ("typing.Tuple[float, ...]", st.lists(st.floats(0, 1), max_size=3).map(lambda items: f"tuple({items!r})")),
        ("Decimal", st.decimals(allow_nan=False, allow_infinity=False).map(lambda one: f"Decimal('{one}')")),
        ("UUID", st.uuids().map(lambda one: f"UUID('{one}')")),
    ]
)
"""Types that only fields can have."""
INSIDE = st.recursive(
    SCALAR | DISTINCT | FIELDS,
    lambda inner: (
        inner.map(_list)
        | inner.map(_dict)
        | inner.filter(lambda kind: not kind[0].startswith("typing.Optional")).map(_optional)
        | inner.map(_keyed)
        | st.lists(inner, min_size=1, max_size=3).map(lambda kinds: _record(kinds, "record"))
    ),
    max_leaves=4,
)
"""Types of the fields of objects."""
OBJECT = st.lists(INSIDE, min_size=1, max_size=4).flatmap(
    lambda kinds: st.sampled_from(["record", "model"]).map(lambda maker: _record(kinds, maker))
)
KINDS = st.recursive(
    SCALAR | DISTINCT | st.just(UNTYPED) | OBJECT | SCALAR.map(_keyed),
    lambda inner: inner.map(_list) | inner.map(_dict) | inner.map(_optional),
    max_leaves=3,
)

typed_values: st.SearchStrategy[tuple[str, str]] = KINDS.flatmap(
    lambda kind: kind[1].map(lambda value: (kind[0], value))
)
"""A type and a value of it, both as text."""
