"""What a workflow's function returns has to be what it declares, and to come from its calls."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import task, workflow
from fletching.errors import GraphError


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def nothing(a: int) -> None: ...


def outputs_that_are_wrong() -> list[tuple[Any, str]]:
    @workflow
    def constant(a: int) -> int:
        return 5

    @workflow
    def nothing_returned(a: int) -> int:
        add(a=a)

    @workflow
    def void(a: int) -> int:
        return nothing(a=a)

    @workflow
    def undeclared(a: int):
        return add(a=a)

    @workflow
    def too_many(a: int) -> int:
        return add(a=a), add(a=a)

    @workflow
    def too_few(a: int) -> tuple[int, int, int]:
        return add(a=a), add(a=a)

    @workflow
    def one_of_two(a: int) -> tuple[int, int]:
        return add(a=a)

    @workflow
    def text_of(a: int) -> tuple[int, str]:
        return add(a=a), "x"

    return [
        (constant, r"output 'o0' of workflow '.*constant' is int 5, which no call of the workflow gave; return what"),
        (nothing_returned, "declares o0 and returns nothing"),
        (void, "declares o0 and returns nothing"),
        (undeclared, r"returns Promise\(n0.o0\) and declares no output; annotate"),
        (too_many, "declares 1 output and returns 2"),
        (too_few, r"declares 3 outputs \(o0, o1, o2\) and returns 2"),
        (one_of_two, r"declares 2 outputs \(o0, o1\) and returns Promise"),
        (text_of, "output 'o1' of workflow '.*text_of' is str 'x', which no call"),
    ]


@pytest.mark.parametrize(("flow", "told"), outputs_that_are_wrong(), ids=lambda each: getattr(each, "__name__", ""))
def test_a_workflow_returns_what_it_declares(flow: Any, told: str) -> None:
    with pytest.raises(GraphError, match=told):
        flow(a=1)
