"""What a map is, how it is called in plain Python, and what a wrong call says."""

from __future__ import annotations

import functools
from typing import Annotated, Any, NamedTuple

import pytest

from fletching import FlyteAnnotation, LaunchPlan, PythonInstanceTask, Runner, dynamic, task, workflow
from fletching.errors import CallError, ConfigError, ConversionError, InterfaceError, UnknownOptionError
from fletching.extend import Interface, PythonTask
from fletching_map import ArrayNode, ArrayNodeMapTask, array_node, map_task


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
async def add_later(a: int, b: int = 1) -> int:
    return a + b


@task
def nothing(a: int) -> None:
    return None


class Named(NamedTuple):
    total: int


@task
def named(a: int) -> Named:
    return Named(a * 2)


@task
def two(a: int) -> tuple[int, str]:
    return a, str(a)


@task
def keywords(a: int, /, b: int, *, c: int = 3) -> str:
    return f"{a}{b}{c}"


@task
def constant() -> int:
    return 1


@dynamic
def doubled(a: int) -> int:
    return add(a=a, b=a)


@workflow
def flow(a: int, b: int = 5) -> int:
    return add(a=add(a=a, b=b), b=b)


class Shout(PythonTask[None]):
    def execute(self, /, **kwargs: Any) -> Any:
        return kwargs["word"].upper()


class Repeat(PythonInstanceTask[int]):
    def execute(self, /, **kwargs: Any) -> Any:
        return kwargs["word"] * (self.task_config or 0)


shout = Shout("shout", "shout", interface=Interface({"word": str}, {"o0": str}))
repeat = Repeat("repeat", 2, interface=Interface({"word": str}, {"o0": str}))


def test_every_kind_of_target() -> None:
    plan = LaunchPlan.create("map-calls-plan", flow, fixed_inputs={"b": 2})
    assert map_task(add)(a=[1, 2], b=[3, 4]) == [4, 6]
    assert map_task(add_later)(a=[1, 2], b=[3, 4]) == [4, 6]
    assert map_task(doubled)(a=[1, 2]) == [2, 4]
    assert map_task(shout)(word=["a", "b"]) == ["A", "B"]
    assert map_task(repeat)(word=["a", "b"]) == ["aa", "bb"]
    assert map_task(flow)(a=[1, 2]) == [11, 12]
    assert map_task(plan)(a=[1, 2]) == [5, 6]
    assert map_task(map_task(add))(a=[[1, 2], [], [3]]) == [[2, 3], [], [4]]
    assert array_node(add)(a=[1]) == [2]
    assert map_task(nothing)(a=[1, 2]) is None


def test_a_task_makes_a_map_task_and_the_rest_an_array_node() -> None:
    assert type(map_task(add)) is ArrayNodeMapTask
    assert type(map_task(functools.partial(add, b=1))) is ArrayNodeMapTask
    for made in (map_task(flow), map_task(map_task(add)), array_node(add)):
        assert type(made) is ArrayNode


def test_its_interface_has_lists() -> None:
    assert map_task(add).python_interface.inputs == {"a": list[int], "b": list[int]}
    assert map_task(add).python_interface.outputs == {"o0": list[int]}
    assert map_task(functools.partial(add, b=2)).python_interface.inputs == {"a": list[int], "b": int}
    assert map_task(named).python_interface.outputs == {"total": list[int]}
    assert map_task(map_task(add)).python_interface.outputs == {"o0": list[list[int]]}
    assert not map_task(nothing).python_interface.outputs


@pytest.mark.parametrize("options", [{"min_successes": 1}, {"min_success_ratio": 0.5}, {"min_success_ratio": 0}])
def test_where_elements_may_fail_its_output_says_so(options: dict[str, Any]) -> None:
    assert map_task(add, **options).python_interface.outputs == {"o0": list[int | None]}


@pytest.mark.parametrize("options", [{}, {"min_success_ratio": 1}, {"min_success_ratio": None}, {"concurrency": 2}])
def test_where_none_may_fail_its_output_is_plain(options: dict[str, Any]) -> None:
    assert map_task(add, **options).python_interface.outputs == {"o0": list[int]}


def test_annotations_of_elements_stay() -> None:
    noted = Annotated[int, FlyteAnnotation({"unit": "m"})]

    @task
    def measure(a: noted) -> noted:
        return a

    assert map_task(measure).python_interface.inputs == {"a": list[noted]}
    assert map_task(measure)([1, 2]) == [1, 2]


def test_a_named_tuple_of_one_is_its_value() -> None:
    assert map_task(named)(a=[1, 2]) == [2, 4]


def test_arguments_go_by_position_too() -> None:
    assert map_task(add)([1, 2], [3, 4]) == [4, 6]
    assert map_task(functools.partial(keywords, b=7))([1, 2], [8, 9]) == ["178", "279"]


def test_defaults_of_the_target_hold_for_every_element() -> None:
    assert map_task(add)(a=[1, 2]) == [2, 3]
    assert map_task(keywords)([1], [2]) == ["123"]
    assert map_task(flow)(a=[1]) == [11]
    assert map_task(map_task(functools.partial(add, b=4)))([[1], [2]]) == [[5], [6]]


def test_partial_binds_by_name_and_by_position() -> None:
    assert map_task(functools.partial(add, b=10))(a=[1, 2]) == [11, 12]
    assert map_task(functools.partial(add, 10))(b=[1, 2]) == [11, 12]
    assert map_task(functools.partial(functools.partial(keywords, 1), c=9))(b=[2, 3]) == ["129", "139"]
    assert map_task(functools.partial(flow, b=0))(a=[1]) == [1]
    assert map_task(functools.partial(map_task(add), b=[1, 2]))(a=[[1, 1], [2, 2]]) == [[2, 3], [3, 4]]


def test_bound_inputs_are_given_whole() -> None:
    explicit = map_task(add, bound_inputs={"b"})
    assert explicit(a=[1, 2], b=5) == [6, 7]
    assert map_task(add, bound_inputs_values={"b": 5})(a=[1]) == [6]
    assert map_task(functools.partial(add, b=1), bound_inputs_values={"b": 5})(a=[1]) == [6]
    assert map_task(functools.partial(add, b=1))(a=[1], b=7) == [8]
    assert explicit.bound_inputs == {"b"}
    assert map_task(functools.partial(add, b=1)).bound_inputs_values == {"b": 1}


def test_each_element_has_a_bound_value_of_its_own() -> None:
    @task
    def grow(a: int, seen: list[int]) -> list[int]:
        seen.append(a)
        return seen

    kept = [0]
    assert map_task(functools.partial(grow, seen=kept))(a=[1, 2, 3]) == [[0, 1], [0, 2], [0, 3]]
    assert kept == [0]


def test_a_runner_takes_it() -> None:
    assert Runner(executor="thread").run(map_task(add), a=range(3)) == [1, 2, 3]
    assert Runner(executor="inline").run(map_task(flow), a=range(2), b=range(2)) == [0, 3]


def test_options_are_readable() -> None:
    made = map_task(add, 4, min_success_ratio=1, run_all_sub_nodes=True)
    assert (made.concurrency, made.min_successes, made.min_success_ratio) == (4, None, 1.0)
    assert made.run_all_sub_nodes
    assert made.target is add


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"concurrency": -1}, "concurrency must be an int of 0 or more, or None, got -1"),
        ({"concurrency": True}, "concurrency must be an int"),
        ({"concurrency": "2"}, "got '2'"),
        ({"min_successes": -1}, "min_successes must be an int of 0 or more, or None, got -1"),
        ({"min_successes": 1.0}, "min_successes must be an int"),
        ({"min_success_ratio": 1.01}, "min_success_ratio must be a number from 0 to 1, or None, got 1.01"),
        ({"min_success_ratio": -0.1}, "got -0.1"),
        ({"min_success_ratio": float("nan")}, "got nan"),
        ({"min_success_ratio": True}, "got True"),
        ({"min_successes": 3, "min_success_ratio": 0.5}, "min_successes=3 and min_success_ratio=0.5 say the same"),
        ({"run_all_sub_nodes": 1}, "run_all_sub_nodes must be True or False, got 1"),
        ({"metadata": 1}, "metadata must be a TaskMetadata, got 1"),
        ({"bound_inputs": {"c"}}, "'c' is bound, and is no input of add"),
        ({"bound_inputs": "b"}, "bound_inputs must be several names"),
        ({"bound_inputs": {"a"}, "bound_inputs_values": {"b": 1}}, "give one of them, or the same names"),
        ({"bound_inputs": {"a", "b"}}, "nothing is left to map add over: every input is bound"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], told: str) -> None:
    for make in (map_task, array_node):
        with pytest.raises(ConfigError) as refused:
            make(add, **options)
        assert told in str(refused.value)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(UnknownOptionError, match="did you mean 'concurrency'"):
        map_task(add, concurency=3)


def test_a_wrong_target_is_refused() -> None:
    with pytest.raises(ConfigError, match="put @task in front of it"):
        map_task(lambda a: a)
    with pytest.raises(ConfigError, match="put @task in front of it"):
        map_task(functools.partial(max, 3))
    with pytest.raises(ConfigError, match="got 3"):
        map_task(3)
    with pytest.raises(ConfigError, match=r"got <class 'int'>$"):
        map_task(int)
    with pytest.raises(ConfigError, match="nothing is left to map constant over: it has no inputs"):
        map_task(constant)
    with pytest.raises(ConfigError, match="map_task takes the others as well"):
        ArrayNodeMapTask(flow)
    with pytest.raises(InterfaceError, match=r"two has 2 outputs \(o0, o1\), and a map gives one list; return one"):
        map_task(two)


def test_a_wrong_partial_is_refused() -> None:
    with pytest.raises(ConfigError, match="partial binds 3 inputs of add, which has 2"):
        map_task(functools.partial(add, 1, 2, 3))
    with pytest.raises(ConfigError, match="partial binds input 'a' of add twice"):
        map_task(functools.partial(add, 1, a=2))
    with pytest.raises(ConfigError, match="'bb' is bound, and is no input of add; did you mean 'b'"):
        map_task(functools.partial(add, bb=1))
    with pytest.raises(ConversionError, match="add: bound argument 'b': expected int, got str 'x'"):
        map_task(functools.partial(add, b="x"))


@pytest.mark.parametrize(
    ("args", "given", "told"),
    [
        ((), {}, "map_add() missing a required argument: 'a'"),
        ((), {"b": [1]}, "map_add() missing a required argument: 'a'"),
        (([1], [2], [3]), {}, "map_add() takes 2 inputs by position and 3 were given"),
        (([1],), {"a": [1]}, "map_add() got multiple values for argument 'a'"),
        (([1],), {"c": [1]}, "map_add() got an unexpected keyword argument 'c'"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(args: tuple[Any, ...], given: dict[str, Any], told: str) -> None:
    with pytest.raises(CallError) as refused:
        map_task(add)(*args, **given)
    assert str(refused.value).startswith(told)
    assert "a: list[int]" in str(refused.value)


def test_something_has_to_vary() -> None:
    @task
    def defaulted(a: int = 1, b: int = 2) -> int:
        return a + b

    with pytest.raises(CallError, match="missing a required argument: 'a'"):
        map_task(defaulted)()
    with pytest.raises(CallError, match="missing a required argument: 'a'"):
        map_task(functools.partial(defaulted, b=1))(b=2)


@pytest.mark.parametrize("value", [3, None, "abc", b"abc", {"a": 1}, {1, 2}, object()])
def test_one_value_is_no_series(value: Any) -> None:
    with pytest.raises(ConversionError) as refused:
        map_task(add)(a=value)
    assert str(refused.value).startswith("map_add: argument 'a': expected list[int], or another iterable, got ")
    assert refused.value.hint


def test_a_bad_element_is_named_by_its_index() -> None:
    with pytest.raises(ConversionError) as refused:
        map_task(add)(a=[0, 1, 2, "x"])
    assert str(refused.value) == "add: argument 'a' at a[3]: expected int, got str 'x'"
    assert "in element 3 of 4 of map_add" in refused.value.__notes__
    with pytest.raises(ConversionError, match=r"add: argument 'a' at a\[1\]\[0\]: expected int, got str 'x'"):
        map_task(map_task(add))(a=[[1], ["x"]])
    with pytest.raises(ConversionError, match=r"map_add: argument 'a' at a\[1\]: expected list\[int\]"):
        map_task(map_task(add))(a=[[1], 2])


def test_a_bad_input_of_a_launch_plan_is_one_of_its_workflow() -> None:
    plan = LaunchPlan.create("map-calls-plan-2", flow)
    for made in (map_task(plan, min_success_ratio=0), array_node(flow, min_success_ratio=0)):
        with pytest.raises(ConversionError, match=r"flow: argument 'a' at a\[1\]: expected int, got str 'x'"):
            made(a=[1, "x"])


def test_a_bad_output_is_named_by_its_index() -> None:
    @task
    def wrong(a: int) -> str:
        return "yes" if a != 2 else a  # type: ignore[return-value]

    with pytest.raises(ConversionError, match=r"wrong: output 'o0' at o0\[2\]: expected str, got int 2"):
        map_task(wrong)(a=range(5))


def test_lists_of_different_lengths_run_nothing() -> None:
    ran: list[int] = []

    @task
    def note(a: int, b: int) -> None:
        ran.append(a)

    with pytest.raises(CallError, match="map_note: inputs differ in length: 'a' has 3 elements and 'b' has 2"):
        map_task(note)(a=[1, 2, 3], b=[1, 2])
    with pytest.raises(CallError, match="'a' has 3 elements and 'b' has 0"):
        map_task(note)(a=range(3), b=())
    assert not ran


def test_the_inner_error_comes_out_as_it_was() -> None:
    @task
    def fail(a: int) -> int:
        raise KeyError(a)

    with pytest.raises(KeyError) as raised:
        map_task(fail, concurrency=1)(a=[7, 8])
    assert raised.value.args == (7,)
    assert "in element 0 of 2 of map_fail" in raised.value.__notes__


def test_names_are_the_same_every_time_and_differ_by_options() -> None:
    made = [
        map_task(add),
        map_task(add, concurrency=2),
        map_task(add, min_successes=2),
        map_task(add, min_success_ratio=0.5),
        map_task(functools.partial(add, b=2)),
        map_task(map_task(add)),
        map_task(map_task(add, concurrency=2)),
    ]
    assert len({each.name for each in made}) == len(made)
    # flytekit's name tells nothing of it, and the node does.
    assert map_task(add).name == map_task(add).name == map_task(add, run_all_sub_nodes=True).name
    assert map_task(functools.partial(add, b=2)).name == map_task(functools.partial(add, b=3)).name


def test_it_knows_where_it_was_made() -> None:
    assert map_task(add).instantiated_in == __name__
    assert map_task(flow).instantiated_in == __name__
    assert ArrayNodeMapTask(add).instantiated_in == __name__
