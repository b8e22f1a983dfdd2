"""``type`` statements and type parameters, where Python has them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from fletching.errors import ConversionError, UnsupportedTypeError

SOURCE = """
from collections.abc import Iterator
from dataclasses import dataclass
from fletching import task

type Number = int
type Items[T] = list[T]
type Turned[K, V] = dict[V, list[K]]
type Constant[T] = int
type Endless = dict[str, Endless] | int
type Once = Iterator[int]

@dataclass
class Box[T]:
    value: T

@task
def f(a: Number, b: Items[str], c: Turned[int, str], d: Constant[str], e: Box[Items[int]]) -> Items[Number]:
    return [a, len(b), len(c), d, *e.value]

@task(retries=1)
def total(items: Once) -> int:
    return sum(items)

def endless(x: Endless) -> None: ...

def generic[T](x: T) -> None: ...
"""

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="new syntax")


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(SOURCE, "aliases", "exec"), names)
    return names


def test_an_alias_is_what_it_stands_for(names: dict[str, Any]) -> None:
    f, box = names["f"], names["Box"]
    assert f(1, ["x"], {"k": [1]}, 4, box([5])) == [1, 1, 1, 4, 5]
    with pytest.raises(ConversionError, match=r"f: argument 'c' at c\['k'\]\[0\]: expected int, got str 'x'"):
        f(1, [], {"k": ["x"]}, 4, box([5]))
    with pytest.raises(ConversionError, match=r"f: argument 'e' at e.value\[0\]: expected int, got str 'x'"):
        f(1, [], {}, 4, box(["x"]))
    assert names["total"](iter([1, 2])) == 3


@pytest.mark.parametrize(
    ("name", "said"), [("endless", "Endless contains itself"), ("generic", "T is a type variable")]
)
def test_what_has_no_end_or_no_type_is_refused(names: dict[str, Any], name: str, said: str) -> None:
    with pytest.raises(UnsupportedTypeError, match=said):
        names["task"](names[name])
