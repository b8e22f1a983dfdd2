"""Graphs as text, Mermaid and DOT: the same each time, whatever the names are."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from fletching import LaunchPlan, conditional, create_node, task, workflow
from fletching.graph.pictures import as_dot, as_mermaid, as_text
from fletching.workflows import WorkflowBase

GOLDEN = Path(__file__).parent / "golden" / "pictures"
DRAWN = {"txt": as_text, "mmd": as_mermaid, "dot": as_dot}


class Report(NamedTuple):
    text: str
    count: int


@task
def load(a: int) -> int:
    return a


@task
def half(x: int, rate: float = 0.5) -> int:
    return int(x * rate)


@task
def report(xs: list[int], by_name: dict[str, int], note: str = 'say "hi" <b>\n`#1` \\ &') -> Report:
    return Report(note, len(xs))


@task
def end() -> None:
    return None


@workflow
def sub(x: int) -> int:
    return half(x=half(x=x))


@workflow
def empty(x: int) -> int:
    return x


plan = LaunchPlan("nightly", sub, fixed_inputs={"x": 3})


@workflow
def everything(a: int, b: int = 2) -> tuple[int, str]:
    first = load(a=a)
    second = sub(x=first)
    as_it_is = empty(x=b)
    inner = (
        conditional("inner")
        .if_((first > 3) & (a <= 7))
        .then(half(x=second, rate=0.1))
        .elif_(first == 1)
        .then(sub(x=half(x=first)))
        .else_()
        .fail('too "small"')
    )
    last = end()
    second >> last
    node = create_node(plan)
    node.with_overrides(node_name="end")
    told = report(xs=[first, inner, b], by_name={"one": as_it_is, "two": node.o0})
    return inner, told.text


@workflow
def choosing(a: int) -> int:
    first = load(a=a)
    second = load(a=first)
    deep = conditional("deep").if_(second == 2).then(half(x=first)).else_().then(half(x=half(x=second)))
    return conditional("outer").if_(a > 1).then(half(x=deep)).else_().then(load(a=a))


@pytest.mark.parametrize("ending", DRAWN)
@pytest.mark.parametrize("drawn", [everything, choosing], ids=lambda drawn: drawn.short_name)
def test_a_picture_is_what_it_was(drawn: WorkflowBase, ending: str) -> None:
    made = DRAWN[ending](drawn.graph)
    assert made == (GOLDEN / f"{drawn.short_name}.{ending}").read_text(encoding="utf-8")
    assert made == DRAWN[ending](drawn.graph)


def test_every_id_of_a_flowchart_is_given_once_and_is_a_word_that_mermaid_takes() -> None:
    text = as_mermaid(everything.graph)
    given = re.findall(r"^ +(?:subgraph )?(\w+)(?=[\[({])", text, re.MULTILINE)
    assert [name for name, count in Counter(given).items() if count > 1] == []
    assert "end" not in given
    ends = re.findall(r"^ +(\w+) (?:--|-\.).* (\w+)$", text, re.MULTILINE)
    assert {each for pair in ends for each in pair} <= set(given)


def test_every_node_of_an_edge_in_dot_is_declared() -> None:
    text = as_dot(everything.graph)
    declared = set(re.findall(r'^ +("(?:[^"\\]|\\.)*") \[', text, re.MULTILINE))
    edges = re.findall(r'^ +("(?:[^"\\]|\\.)*") -> ("(?:[^"\\]|\\.)*")', text, re.MULTILINE)
    assert len(edges) > 15
    assert {each for pair in edges for each in pair} <= declared
    assert text.count("{") == text.count("}")


def test_the_paths_are_those_of_a_run() -> None:
    from fletching.run.events import observe

    seen = set()
    with observe(lambda event: seen.add(event.path)):
        choosing(a=2)
    drawn = set(re.findall(r"^ *(n[\w/]*)  ", as_text(choosing.graph), re.MULTILINE))
    assert seen - {""} <= drawn


def test_workflows_that_multiply_are_not_drawn_to_the_end() -> None:
    inner = sub
    for _ in range(20):
        inner = twice(inner)
    assert as_text(inner.graph).count("\n") < 20_000


def twice(inner: WorkflowBase) -> WorkflowBase:
    @workflow
    def both(x: int) -> int:
        return inner(x=inner(x=x))

    return both
