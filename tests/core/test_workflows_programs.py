"""Small programs as people write them, each from its first line to its value."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from fletching import LaunchPlan, Workflow, conditional, create_node, dynamic, task, workflow

if TYPE_CHECKING:
    from collections.abc import Callable


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def text(a: int) -> str:
    return str(a)


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def nothing(a: int) -> None: ...


@task
def maybe(x: int | None = None) -> int | None:
    return x


def test_a_partial_function_and_a_callable_object() -> None:
    def function(a: int, b: int) -> int:
        return add(a=a, b=b)

    class Adder:
        """Adds a number that it was made with."""

        def __init__(self, more: int) -> None:
            self.more = more

        def __call__(self, a: int) -> int:
            return add(a=a, b=self.more)

    assert workflow(functools.partial(function, b=5))(a=1) == 6
    assert workflow(Adder(7))(a=1) == 8
    assert [workflow(Adder(more))(a=0) for more in range(3)] == [0, 1, 2]


def test_static_methods_of_a_class() -> None:
    class Pipeline:
        """A place for tasks."""

        @staticmethod
        @task
        def double(a: int) -> int:
            return 2 * a

        @staticmethod
        @workflow
        def flow(a: int) -> int:
            return Pipeline.double(a=Pipeline.double(a=a))

    assert Pipeline.flow(a=1) == 4
    assert Pipeline().flow(a=1) == 4


def test_a_decorator_that_adds_calls_to_a_workflow() -> None:
    def audited(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            before = create_node(nothing, a=1)
            result = function(*args, **kwargs)
            after = create_node(nothing, a=2)
            before >> result
            result >> after
            return result

        return wrapper

    @workflow
    @audited
    def flow(a: int) -> int:
        return add(a=a)

    assert flow(a=1) == 3
    assert [[node.id for node in each.upstream] for each in flow.nodes] == [[], ["n0"], ["n1"]]


def test_helpers_without_decorator_are_plain_python_within_a_workflow() -> None:
    def chain(a: Any, length: int) -> Any:
        for _ in range(length):
            a = add(a=a)
        return a

    @workflow
    def flow(a: int) -> tuple[int, int]:
        results = {name: chain(a, length) for name, length in (("short", 1), ("long", 3))}
        return results["short"], results["long"]

    assert flow(a=0) == (2, 6)
    assert len(flow.nodes) == 4


def test_a_dispatch_table_of_promises() -> None:
    @workflow
    def flow(a: int) -> int:
        made = {add(a=a): "first", add(a=a, b=5): "second"}
        (chosen,) = [promise for promise, name in made.items() if name == "second"]
        return chosen

    assert flow(a=1) == 6


def test_settings_with_optional_fields() -> None:
    @dataclass
    class Settings:
        depth: int | None = None
        width: int = 3

    @task
    def settings() -> Settings:
        return Settings()

    @workflow
    def flow() -> tuple[int | None, int]:
        made = settings()
        return maybe(x=made.depth), add(a=made.width)

    assert flow() == (None, 5)


def test_plain_dicts_whose_parts_are_known_when_it_runs() -> None:
    @task
    def config() -> dict:  # type: ignore[type-arg]
        return {"model": {"layers": [3, 5]}}

    @workflow
    def flow() -> int:
        return add(a=config()["model"]["layers"][1])

    assert flow() == 7


def test_choices_of_numbers_and_texts() -> None:
    @workflow
    def grade(x: float, name: str) -> str:
        return (
            conditional("grade")
            .if_((x >= 0.9) & (name != "nobody"))
            .then(text(a=1))
            .elif_((x >= 0.1) & (x < 0.3) | (name == "lucky"))
            .then(text(a=2))
            .else_()
            .then(text(a=3))
        )

    assert [grade(x=x, name="ann") for x in (0.95, 0.2, 0.5)] == ["1", "2", "3"]
    assert (grade(x=0.95, name="nobody"), grade(x=0.5, name="lucky")) == ("3", "2")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def test_choices_of_members_of_an_enum_and_their_texts() -> None:
    @workflow
    def flow(colour: Colour, told: str) -> int:
        return (
            conditional("colour")
            .if_((colour == "red") & (told == Colour.RED))
            .then(add(a=0))
            .elif_((colour == Colour.RED) | (told != Colour.BLUE))
            .then(add(a=1))
            .else_()
            .then(add(a=2))
        )

    assert [flow(colour=colour, told=told) for colour in Colour for told in ("red", "blue")] == [2, 3, 3, 4]


def test_a_dynamic_task_that_chooses_for_each_item() -> None:
    @dynamic
    def each(xs: list[int]) -> list[str]:
        return [
            conditional(f"item-{at}").if_(add(a=x) > 3).then(text(a=x)).else_().then(text(a=-x))
            for at, x in enumerate(xs)
        ]

    assert each(xs=[0, 1, 2, 3]) == ["0", "-1", "2", "3"]
    assert each(xs=[]) == []


def test_divide_and_conquer() -> None:
    @dynamic
    def merge_sort(xs: list[int]) -> list[int]:
        if len(xs) < 2:
            return xs
        middle = len(xs) // 2
        return merge(one=merge_sort(xs=xs[:middle]), other=merge_sort(xs=xs[middle:]))

    @task
    def merge(one: list[int], other: list[int]) -> list[int]:
        return sorted(one + other)

    assert merge_sort(xs=[5, 3, 8, 1, 9, 2]) == [1, 2, 3, 5, 8, 9]


def test_the_same_parts_put_together_in_every_way() -> None:
    @workflow
    def step(a: int, b: int = 10) -> tuple[int, str]:
        return add(a=a, b=b), text(a=a)

    plan = LaunchPlan.get_or_create(step, "programs-step", fixed_inputs={"b": 100})
    outer = Workflow("programs-outer")
    node = outer.add_subwf(step, a=outer.add_workflow_input("a", int))
    outer.add_workflow_output("number", node.o0)

    @dynamic
    def loop(n: int) -> list[int]:
        return [step(a=at).o0 for at in range(n)] + [plan(a=at)[0] for at in range(n)] + [outer(a=n)]

    @workflow
    def everything(n: int) -> int:
        number, told = step(a=n, b=total(xs=loop(n=n)))
        sub = create_node(step, a=number)
        create_node(nothing, a=n) >> sub
        return conditional("big").if_(told == "2").then(sub.o0).else_().then(add(a=sub.o0, b=n))

    expected = 2 + sum([10, 11, 100, 101, 12]) + 10
    assert everything(n=2) == expected
    assert everything(n=0) == 0 + 10 + 10 + 0


def test_the_function_may_be_given_by_name() -> None:
    def my_task(_task_function: Any = None, **options: Any) -> Any:
        return (
            functools.partial(my_task, **options)
            if _task_function is None
            else task(_task_function=_task_function, **options)
        )

    @my_task(retries=2)
    def one(a: int) -> int:
        return a

    flow = workflow(_workflow_function=lambda: None)
    assert (one(a=3), one.metadata.retries) == (3, 2)
    assert flow() is None
