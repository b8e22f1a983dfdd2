"""Launch plans: inputs of their own, one plan a name, schedules as data."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fletching import CronSchedule, FixedRate, LaunchPlan, Runner, SecurityContext, Workflow, dynamic, task, workflow
from fletching.errors import CallError, ConfigError, ConversionError, GraphError, UnknownOptionError


@task
def add(a: int, b: int, c: int = 0) -> int:
    return a + b + c


@task
def grow(xs: list[int]) -> list[int]:
    xs.append(0)
    return xs


@workflow
def flow(a: int, b: int, c: int = 3) -> int:
    return add(a=a, b=b, c=c)


@workflow
def lists(xs: list[int]) -> list[int]:
    return grow(xs=xs)


def test_defaults_and_fixed_inputs() -> None:
    plan = LaunchPlan.create("plan-values", flow, default_inputs={"a": 1}, fixed_inputs={"b": 10})
    assert (plan(), plan(a=2), plan(a=2, c=0)) == (14, 15, 12)
    assert (plan.fixed_inputs, plan.saved_inputs) == ({"b": 10}, {"a": 1, "b": 10})
    assert list(plan.python_interface.inputs) == ["a", "c"]
    assert plan.python_interface.defaults == {"a": 1, "c": 3}
    assert (plan.workflow, plan.name, plan.node_kind) == (flow, "plan-values", "launch plan")
    assert flow(a=1, b=1) == 5  # the workflow itself is as it was


def test_a_plan_in_graphs_of_every_kind() -> None:
    plan = LaunchPlan.create("plan-in-graphs", flow, fixed_inputs={"b": 10})

    @workflow
    def outer(a: int) -> int:
        return plan(a=plan(a=a))

    @dynamic
    def loop(a: int) -> list[int]:
        return [plan(a=at) for at in range(a)]

    @task
    def within(a: int) -> int:
        return plan(a=a)

    assert outer(a=1) == 27
    assert loop(a=2) == [13, 14]
    assert within(a=0) == 13
    assert Runner().run(plan, a=1) == 14
    assert [node.entity for node in outer.nodes] == [plan, plan]


def test_fixed_and_default_values_are_each_calls_own() -> None:
    given = [1]
    fixed = LaunchPlan.create("plan-fixed-list", lists, fixed_inputs={"xs": given})
    default = LaunchPlan.create("plan-default-list", lists, default_inputs={"xs": given})
    for _ in range(2):
        assert fixed() == default() == [1, 0]
    assert given == [1]


def test_inputs_are_given_by_keyword_and_fixed_ones_not_at_all() -> None:
    plan = LaunchPlan.create("plan-words", flow, fixed_inputs={"b": 10})
    with pytest.raises(CallError, match="launch plan 'plan-words' takes its inputs by keyword, got 1 by position"):
        plan(1)
    with pytest.raises(CallError, match="launch plan 'plan-words': 'b' is fixed to 10"):
        plan(a=1, b=2)
    with pytest.raises(CallError, match="'a'; inputs of launch plan 'plan-words': a: int, c: int"):
        plan()
    with pytest.raises(ConversionError, match="argument 'a': expected int, got str 'x'"):
        plan(a="x")


def test_one_plan_a_name() -> None:
    made = LaunchPlan.create("plan-once", flow, default_inputs={"a": 1}, max_parallelism=3)
    assert LaunchPlan.create("plan-once", flow, default_inputs={"a": 1}, max_parallelism=3) is made
    assert LaunchPlan.get_or_create(flow, "plan-once", default_inputs={"a": 1}, max_parallelism=3) is made
    for other in (
        {"default_inputs": {"a": 2}},
        {"fixed_inputs": {"a": 1}},
        {"default_inputs": {"a": 1}, "max_parallelism": 4},
        {"default_inputs": {"a": 1}, "max_parallelism": 3, "schedule": CronSchedule(schedule="0 8 * * *")},
    ):
        with pytest.raises(GraphError, match="'plan-once' exists with another workflow, inputs, schedule or options"):
            LaunchPlan.create("plan-once", flow, **other)
    with pytest.raises(GraphError, match="'plan-once' exists"):
        LaunchPlan.create("plan-once", lists)


def test_the_default_plan_of_a_workflow() -> None:
    plan = LaunchPlan.get_or_create(flow)
    assert plan is LaunchPlan.get_or_create(flow)
    assert plan is LaunchPlan.get_default_launch_plan(None, flow)
    assert (plan.name, plan(a=1, b=1)) == (flow.name, 5)
    with pytest.raises(ConfigError, match=r"default launch plan of .*flow' has no schedule of its own; give it a name"):
        LaunchPlan.get_or_create(flow, schedule=CronSchedule(schedule="hourly"))


def test_a_workflow_defined_anew_brings_its_plan_anew() -> None:
    def make(extra: int) -> Any:
        @workflow
        def again(a: int) -> int:
            return add(a=a, b=extra)

        return again

    first, second = make(1), make(2)
    assert LaunchPlan.create("plan-anew", first)(a=1) == 2
    assert LaunchPlan.create("plan-anew", second)(a=1) == 3


def test_values_that_cannot_be_compared_make_another_plan() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("no truth")

        __hash__ = None  # type: ignore[assignment]

    LaunchPlan.create("plan-odd", flow, security_context=Odd())
    with pytest.raises(GraphError, match="'plan-odd' exists"):
        LaunchPlan.create("plan-odd", flow, security_context=Odd())


def test_a_clone_differs_in_what_is_given() -> None:
    plan = LaunchPlan.create("plan-cloned", flow, default_inputs={"a": 1}, fixed_inputs={"b": 10}, labels={"x": "y"})
    clone = plan.clone_with("plan-clone", default_inputs={"a": 5}, schedule=FixedRate(datetime.timedelta(minutes=5)))
    assert (clone(), plan()) == (18, 14)
    assert (clone.options, clone.fixed_inputs) == ({"labels": {"x": "y"}}, {"b": 10})
    assert plan.schedule is None
    assert clone.schedule == FixedRate(datetime.timedelta(minutes=5))


def test_an_imperative_workflow_has_plans_too() -> None:
    made = Workflow("planned")
    made.add_workflow_output("o", made.add_entity(add, a=made.add_workflow_input("a", int), b=1).o0)
    assert LaunchPlan.create("plan-imperative", made, default_inputs={"a": 4})() == 5


def test_what_a_backend_is_told_is_kept_as_data() -> None:
    plan = LaunchPlan.create(
        "plan-options", flow, labels={"a": "b"}, max_parallelism=5, auto_activate=True, overwrite_cache=None
    )
    assert plan.options == {"labels": {"a": "b"}, "max_parallelism": 5, "auto_activate": True}
    assert (plan.labels, plan.annotations, plan.notifications, plan.max_parallelism) == ({"a": "b"}, None, [], 5)


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no input": ({"default_inputs": {"aa": 1}}, ConfigError, "default_inputs names 'aa', which is no input .*mean 'a'"),
    "no fixed": ({"fixed_inputs": {"zzz": 1}}, ConfigError, "fixed_inputs names 'zzz'"),
    "misfit": ({"fixed_inputs": {"a": "x"}}, ConversionError, "fixed_inputs 'a': expected int, got str 'x'"),
    "both": ({"fixed_inputs": {"a": 1}, "default_inputs": {"a": 1}}, ConfigError, "'a' is fixed"),
    "option": ({"shedule": 1}, UnknownOptionError, "unknown option 'shedule'"),
    "two roles": (
        {"auth_role": "r", "security_context": SecurityContext()},
        ConfigError,
        "auth_role and security_context say the same thing",
    ),
    "schedule": ({"schedule": "0 8 * * *"}, ConfigError, "schedule must be a CronSchedule or a FixedRate"),
    "kickoff": (
        {"schedule": CronSchedule(schedule="hourly", kickoff_time_input_arg="when")},
        ConfigError,
        "kickoff_time_input_arg 'when', which is no input",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str) -> None:
    options, kind, told = WRONG[name]
    with pytest.raises(kind, match=told):
        LaunchPlan.create("plan-wrong", flow, **options)


def test_only_workflows_have_plans_and_plans_have_names() -> None:
    with pytest.raises(ConfigError, match="workflow must be a workflow, got"):
        LaunchPlan.create("plan-task", add)
    with pytest.raises(ConfigError, match="name must be a non-empty string"):
        LaunchPlan.create("", flow)


def test_the_time_for_which_it_runs_is_an_input() -> None:
    @workflow
    def timed(when: datetime.datetime, a: int) -> int:
        return add(a=a, b=0)

    plan = LaunchPlan.create(
        "plan-timed",
        timed,
        schedule=CronSchedule(schedule="0 8 * * *", kickoff_time_input_arg="when"),
        fixed_inputs={"a": 1},
    )
    assert plan(when=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("*/5 * * * *", "0 8 * * MON-FRI", "0 0 1,15 * *", "01 08 * jan-mar,Dec *", "0 0 ? * ?"),
        "5-1/2 * * nov-feb fri-mon",
        *("0 0 29 2 *", "0 0 31 2,3 *", "0 0 30 2 1", "0 0 31W 2 *", "0 0 L 2 *", "0 0 1-L * *", "0 0 * * L5,5#3,7"),
        *("hourly", "@daily", "Weeks", "@midnight"),
    ],
)  # fmt: skip
def test_cron_expressions(text: str) -> None:
    assert CronSchedule(schedule=text).schedule == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, "expected five fields") for text in (" ", "never", "* * * *", "* * * * * *", "a b", "@reboot")),
        *(("60 * * * *", "its minute is '60', expected 0 to 59"), ("60 ; * * *", "its minute is '60'")),
        *(("* 7-24 * * *", "its hour is '24', expected 0 to 23"), ("* * 0 * *", "its day is '0', expected 1 to 31")),
        ("* * * janet *", "its month is 'janet', expected 1 to 12, or 'jan' to 'dec'"),
        ("* * * * 8", "its weekday is '8', expected 0 to 7, or 'sun' to 'sat'"),
        *(("*/0 * * * *", "a step is 1 or more"), ("*-5 * * * *", "'[*]' begins no range")),
        *(("1,,2 * * * *", "its minute is ''"), ("? * * * *", "its minute is"), ("* * 32W * *", "its day")),
        *(("* * L-3 * *", "its day is 'l'"), ("* * * * 1#6", "its weekday")),
        ("0 0 30 2 *", "it never comes: its months have 29 days at most, and its first day is 30"),
        ("0 0 31 2,jun-7/3 ?", "it never comes: its months have 30 days at most, and its first day is 31"),
    ],
)  # fmt: skip
def test_what_is_no_cron_expression(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"schedule is .*{why}"):
        CronSchedule(schedule=text)


@pytest.mark.parametrize("text", ["PT1H", "P1Y2M3W4DT5H6M7S", "-PT0.5H", "P-1D", "PT1,5S"])
def test_offsets_are_durations(text: str) -> None:
    assert CronSchedule(schedule="hourly", offset=text).offset == text


@pytest.mark.parametrize("text", ["1h", "P", "PT", "P1DT", "pt1h", "P1H", "PT5S3M", "10 minutes", "PT1H\n"])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(ConfigError, match=r"offset is .* expected a duration of ISO 8601, such as 'PT30M'"):
        CronSchedule(schedule="hourly", offset=text)


def test_rates_are_whole_minutes() -> None:
    assert FixedRate(datetime.timedelta(hours=1)).duration == datetime.timedelta(minutes=60)
    for unit in FixedRate.FixedRateUnit:
        assert FixedRate(datetime.timedelta(**{f"{unit.name.lower()}s": 1})).rate.unit == unit
    for duration in (datetime.timedelta(seconds=90), datetime.timedelta(0), datetime.timedelta(minutes=-5)):
        with pytest.raises(ConfigError, match="expected whole minutes, one or more"):
            FixedRate(duration)
    with pytest.raises(ConfigError, match=r"a datetime\.timedelta"):
        FixedRate(5)


def test_its_parameters_are_its_inputs_as_a_backend_has_them() -> None:
    plan = LaunchPlan("plan-parameters", flow, default_inputs={"a": 7}, fixed_inputs={"c": 1})
    found = plan.parameters.parameters
    assert set(found) == {"a", "b"}
    assert (found["a"].default.scalar.primitive.integer, found["a"].required) == (7, False)
    assert found["b"].required
    assert found["b"].var == flow.interface.inputs.variables["b"]
