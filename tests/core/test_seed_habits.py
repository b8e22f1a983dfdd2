"""What programs written for the Flyte SDK rely on beside its names: which error is raised, what may be left out."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, patch

import pytest
from flyteidl.admin import schedule_pb2

from fletching import (
    JSON,
    ConcurrencyLimitBehavior,
    ConcurrencyPolicy,
    CronSchedule,
    FastSerializationSettings,
    FixedRate,
    FlyteDirectory,
    FlyteFile,
    ImageConfig,
    LaunchPlan,
    RawOutputDataConfig,
    SerializationSettings,
    TaskResolverMixin,
    task,
    workflow,
)
from fletching.errors import (
    BareTupleError,
    CallError,
    GraphError,
    InterfaceError,
    MissingOutputError,
    MissingReturnError,
    ResolverError,
    UnsupportedTypeError,
)
from fletching.extend import ClassStorageTaskResolver

if TYPE_CHECKING:
    from pathlib import Path


@task
def double(a: int) -> int:
    return a * 2


@workflow
def doubled(a: int) -> int:
    return double(a=a)


def test_a_workflow_that_returns_nothing_fails_as_a_function_does_that_never_returns() -> None:
    @workflow
    def forgetful(a: int) -> int:  # type: ignore[return]
        double(a=a)

    with pytest.raises(MissingReturnError, match="declares o0 and returns nothing") as caught:
        forgetful(a=1)
    assert type(caught.value) is MissingOutputError
    assert isinstance(caught.value, GraphError)


@pytest.mark.parametrize("kind", [tuple, tuple[()]])
def test_a_bare_tuple_is_a_type_nobody_knows_wherever_it_stands(kind: Any) -> None:
    def gives(a: int) -> Any:
        return a, a

    def takes(a: Any) -> None: ...

    gives.__annotations__["return"] = kind
    takes.__annotations__["a"] = kind
    with pytest.raises(UnsupportedTypeError, match="a bare tuple says nothing") as caught:
        task(gives)
    assert type(caught.value) is BareTupleError
    assert isinstance(caught.value, InterfaceError)
    with pytest.raises(UnsupportedTypeError):
        task(takes)


def test_a_workflow_that_cannot_be_built_says_so_whatever_it_is_called_with() -> None:
    @workflow
    def broken(a: int) -> int:
        return double(a=a).with_overrides(timeout="soon")  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(ValueError, match="timeout"):
        broken()  # type: ignore[call-arg]
    with pytest.raises(CallError, match="missing 1 required"):
        doubled()  # type: ignore[call-arg]


def test_none_as_an_override_is_nothing_for_retries_as_for_the_timeout() -> None:
    @task(retries=3, timeout=60)
    def careful(a: int) -> int:
        return a

    @workflow
    def flow(a: int) -> int:
        return careful(a=a).with_overrides(retries=None, timeout=None)  # type: ignore[attr-defined, no-any-return]

    metadata = flow.nodes[0].metadata
    assert (metadata.retries, metadata.timeout) == (0, None)
    assert careful.metadata.retries == 3


class ByNumber(TaskResolverMixin):
    """Has the methods that a container needs, and no others."""

    location = "nowhere.resolver"

    def load_task(self, loader_args: list[str]) -> Any:
        return double

    def loader_args(self, settings: SerializationSettings | None, t: Any) -> list[str]:
        return ["7"]


@task
async def tripled(a: int) -> int:
    return a * 3


def test_what_a_test_puts_in_the_place_of_execute_is_what_runs() -> None:
    assert (double(a=1), doubled(a=1)) == (2, 2)  # so that there is something generated to forget
    with patch.object(double, "execute", return_value=7) as mock:
        assert (double(a=1), doubled(a=2)) == (7, 7)
    assert [call.kwargs for call in mock.call_args_list] == [{"a": 1}, {"a": 2}]
    assert (double(a=1), doubled(a=1)) == (2, 2)

    @workflow
    def flow(a: int) -> int:
        return tripled(a=a)  # type: ignore[return-value]

    assert (asyncio.run(tripled(a=1)), flow(a=1)) == (3, 3)
    with patch.object(tripled, "async_execute", AsyncMock(return_value=8)):
        assert (asyncio.run(tripled(a=1)), flow(a=1)) == (8, 8)
    assert (asyncio.run(tripled(a=1)), flow(a=1)) == (3, 3)


def test_a_resolver_needs_to_say_only_what_a_container_asks() -> None:
    resolver = ByNumber()
    assert resolver.name() == "ByNumber"
    assert resolver.task_name(double) is None
    with pytest.raises(ResolverError, match="ByNumber finds a task by its words only"):
        resolver.get_all_tasks()


def test_words_that_lead_to_no_task_are_an_error_of_the_run() -> None:
    with pytest.raises(RuntimeError, match="expected the number of a task"):
        ClassStorageTaskResolver().load_task([])


def test_a_launch_plan_tells_what_it_was_given() -> None:
    policy = ConcurrencyPolicy(max_concurrency=1, behavior=ConcurrencyLimitBehavior.SKIP)
    place = RawOutputDataConfig(output_location_prefix="s3://bucket/outputs")
    plan = LaunchPlan.get_or_create(
        doubled,
        name="habits",
        concurrency=policy,
        raw_output_data_config=place,
        overwrite_cache=True,
        auto_activate=True,
    )
    assert (plan.concurrency, plan.raw_output_data_config) == (policy, place)
    assert (plan.overwrite_cache, plan.should_auto_activate) == (True, True)
    plain = LaunchPlan.get_or_create(doubled)
    assert (plain.concurrency, plain.raw_output_data_config, plain.overwrite_cache) == (None, None, None)
    assert plain.should_auto_activate is False


def test_a_schedule_tells_its_parts_as_the_wire_has_them() -> None:
    cron = CronSchedule(schedule="0 8 * * *", offset="PT1H")
    assert (cron.cron_schedule.schedule, cron.cron_schedule.offset) == ("0 8 * * *", "PT1H")
    rate = FixedRate(datetime.timedelta(hours=48)).rate
    assert (rate.value, rate.unit) == (2, schedule_pb2.DAY)


def test_settings_are_made_of_others_step_by_step() -> None:
    settings = SerializationSettings(ImageConfig.auto(img_name="example.com/image:v1"), "p", "d", "v")
    fast = FastSerializationSettings(enabled=True, destination_dir="/root")
    made = settings.new_builder().with_fast_serialization_settings(fast).build()
    assert made.should_fast_serialize()
    assert made.fast_serialization_settings == fast
    assert (made.project, made.image_config) == ("p", settings.image_config)
    assert not settings.should_fast_serialize()


def test_what_was_opened_is_downloaded_also_where_nothing_had_to_be_fetched(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("one")
    file, folder = FlyteFile(str(tmp_path / "lines.txt")), FlyteDirectory(str(tmp_path))
    assert not file.downloaded
    assert not folder.downloaded
    with open(file, encoding="utf-8") as stream:
        assert stream.read() == "one"
    assert os.listdir(folder) == ["lines.txt"]
    assert file.downloaded
    assert folder.downloaded
    assert file == FlyteFile(str(tmp_path / "lines.txt"))


def test_a_directory_knows_what_stands_between_the_names_of_its_paths(tmp_path: Path) -> None:
    assert FlyteDirectory("s3://bucket/folder").sep == "/"
    assert FlyteDirectory(str(tmp_path)).sep == os.sep


@dataclass
class Shape:
    name: str


@dataclass
class Circle(Shape):
    radius: float = 1.0


@dataclass
class Lookalike:
    name: str
    size: int = 3


def test_one_class_is_read_as_another_that_has_fewer_fields() -> None:
    @task
    def circle() -> Circle:
        return Circle("c", 2.0)

    @task
    def lookalike() -> Lookalike:
        return Lookalike("l")

    @task
    def name_of(shape: Shape) -> str:
        assert type(shape) is Shape
        return shape.name

    @workflow
    def flow() -> tuple[str, str]:
        return name_of(shape=circle()), name_of(shape=lookalike())  # type: ignore[arg-type]

    assert flow() == ("c", "l")
    assert name_of(shape=Circle("d")) == "d"


def test_an_iterator_as_default_is_left_for_the_first_call_to_read() -> None:
    @task
    def numbers(values: Iterator[int] = iter([1, 2])) -> list[int]:  # noqa: B008 - what this is about
        return list(values)

    @task
    def lines(values: Iterator[JSON] = iter([{"a": 1}, {"a": 2}])) -> Iterator[JSON]:  # noqa: B008 - as above
        return values

    @workflow
    def flow(values: Iterator[int] = iter([3, 4])) -> list[int]:  # noqa: B008 - as above
        return numbers(values=values)

    assert numbers() == [1, 2]
    assert list(lines()) == [{"a": 1}, {"a": 2}]
    assert flow() == [3, 4]
