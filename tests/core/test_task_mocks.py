"""``task_mock`` and ``patch``: what a test says of a task counts wherever the task is called in this process."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any
from unittest import mock

import pytest

from fletching import (
    LaunchPlan,
    PythonTask,
    RecoverableError,
    Runner,
    conditional,
    dynamic,
    reference_task,
    task,
    workflow,
)
from fletching.errors import ConfigError, ConversionError, RecoveryError
from fletching.testing import patch, task_mock


@reference_task(project="p", domain="d", name="there", version="v")
def there(a: int) -> int: ...  # type: ignore[empty-body]


@task
def inc(a: int) -> int:
    return a + 1


@task(cache=True, cache_version="1", timeout=datetime.timedelta(seconds=60))
def kept(a: int) -> int:
    return a + 1


@task
def says(a: str) -> None: ...


@workflow
def flow(a: int) -> int:
    says(a="x")
    return inc(a=there(a=a))


@workflow
def outer(a: int) -> int:
    positive: Any = a > 0
    return conditional("c").if_(positive).then(flow(a=a)).else_().then(inc(a=a))  # type: ignore[no-any-return]


@dynamic
def fan_of_ours(a: int) -> list[int]:
    return [inc(a=each) for each in range(a)]


@dynamic
def fan(a: int) -> list[int]:
    return [there(a=each) for each in range(a)]


def test_in_a_workflow_a_branch_and_a_dynamic_task() -> None:
    with task_mock(there) as mock:
        mock.side_effect = lambda a: a * 10
        assert (flow(a=2), outer(a=3), fan(a=3), there(a=4)) == (21, 31, [0, 10, 20], 40)
        assert mock.call_args_list[0].kwargs == {"a": 2}
        assert mock.call_count == 6


def test_only_as_long_as_the_block_lasts() -> None:
    assert inc(a=1) == 2
    with task_mock(inc) as first:
        first.return_value = 7
        with task_mock(inc) as second:
            second.return_value = 8
            assert inc(a=1) == 8
        assert (inc(a=1), inc(1)) == (7, 7)
    assert inc(a=1) == 2
    with pytest.raises(ZeroDivisionError), task_mock(inc):
        raise ZeroDivisionError
    assert inc(a=1) == 2


def test_a_workflow_a_launch_plan_and_a_map_can_be_mocked_whole() -> None:
    plan = LaunchPlan("mocked plan", flow)
    with task_mock(flow) as mock:
        mock.return_value = 5
        assert (flow(a=1), outer(a=1), plan(a=1)) == (5, 5, 5)
    with task_mock(plan) as mock:
        mock.return_value = 6
        assert plan(a=1) == 6
    with task_mock(fan) as mock:
        mock.return_value = [1]
        assert fan(a=9) == [1]


def test_the_cache_is_neither_read_nor_written(home: Any) -> None:
    assert kept(a=1) == 2
    with task_mock(kept) as mock:
        mock.return_value = 50
        assert (kept(a=1), kept(a=2), kept(a=2)) == (50, 50, 50)
        assert mock.call_count == 3
    assert (kept(a=1), kept(a=2)) == (2, 3)


def test_a_deadline_does_not_send_it_to_another_process() -> None:
    told: list[int] = []

    @workflow
    def soon(a: int) -> int:
        return there(a=kept(a=a)).with_overrides(  # type: ignore[no-any-return]
            timeout=60, cache=True, cache_version="1", container_image="other:1"
        )

    def answer(a: int) -> int:
        told.append(a)
        return a

    for executor in (None, "process", "thread", "inline"):
        with task_mock(there) as one, task_mock(kept) as other:
            one.side_effect = other.side_effect = answer
            assert Runner(executor=executor).run(soon, a=3) == 3
    assert told == [3] * 8


def test_retries_are_those_of_the_call() -> None:
    @task(retries=2)
    def often(a: int) -> int:
        return a

    with task_mock(often) as mock:
        mock.side_effect = [RecoverableError("once"), 4]
        assert often(a=1) == 4
    with task_mock(there) as mock:
        mock.side_effect = [RecoverableError("once"), 4]
        with pytest.raises(RecoverableError):
            there(a=1)


def test_what_it_gives_is_checked_like_any_output() -> None:
    with task_mock(there) as mock:
        with pytest.raises(ConfigError, match="the mock of task 'there' was called and has nothing to give"):
            there(a=1)
        mock.return_value = "text"
        with pytest.raises(ConversionError, match="expected int"):
            there(a=1)
        with pytest.raises(ConversionError, match="argument 'a'"):
            there(a="text")
    with task_mock(says) as mock:
        says(a="x")
        mock.assert_called_once_with(a="x")


def test_tasks_without_a_function_and_real_code_behind_a_reference() -> None:
    bare: Any = PythonTask("kind", "bare")
    with task_mock(bare) as mock:
        bare()
        assert mock.called
    with task_mock(there) as mock:
        mock.side_effect = inc
        assert flow(a=1) == 3


@task
async def slow(a: int) -> int:
    return a


async def answered(a: int) -> int:
    return a + 40


def test_async_tasks() -> None:
    @workflow
    def wf(a: int) -> int:
        return slow(a=a)  # type: ignore[return-value]

    with task_mock(slow) as mock:
        mock.return_value = 9
        assert (asyncio.run(slow(a=1)), wf(a=1)) == (9, 9)
        mock.side_effect = answered
        assert (asyncio.run(slow(a=1)), wf(a=2)) == (41, 42)
    with task_mock(there) as mock:
        mock.side_effect = answered
        assert there(a=1) == 41
    assert asyncio.run(slow(a=1)) == 1


def test_no_run_goes_on_from_what_a_mock_gave(home: Any) -> None:
    @workflow
    def wf(a: int) -> int:
        return kept(a=inc(a=a))

    def failing(a: int) -> int:
        raise ValueError("stop")

    runner = Runner(record=True)
    with task_mock(inc) as one, task_mock(kept) as other:
        one.return_value = 100
        other.side_effect = failing
        with pytest.raises(ValueError, match="stop"):
            runner.run(wf, a=1)
    with pytest.raises(RecoveryError):
        Runner(recover=runner.run_id).run(wf, a=1)


def test_only_what_can_be_called_in_a_workflow() -> None:
    with pytest.raises(ConfigError, match="task_mock takes a task, a workflow"), task_mock(len):
        pass


@patch(there)
def test_patch_gives_the_mock_first(mock: Any, tmp_path: Any) -> None:
    mock.return_value = 3
    assert flow(a=1) == 4
    assert tmp_path.exists()


@patch(there)
@patch(says)
def test_the_lowest_patch_comes_first(said: Any, given: Any) -> None:
    given.return_value = 1
    assert flow(a=1) == 2
    said.assert_called_once_with(a="x")


class TestMethods:
    @patch(there)
    def test_a_method_gets_it_after_self(self, mock: Any) -> None:
        mock.return_value = 3
        assert flow(a=1) == 4


def test_what_is_put_in_place_of_execute_is_called_by_all() -> None:
    assert (inc(a=1), fan_of_ours(a=2)) == (2, [1, 2])
    with mock.patch.object(inc, "execute", return_value=7) as execute:
        assert (inc(a=1), fan_of_ours(a=2)) == (7, [7, 7])
        execute.assert_called_with(a=1)
    assert (inc(a=1), fan_of_ours(a=2)) == (2, [1, 2])
    assert inc.execute(a=4) == 5
