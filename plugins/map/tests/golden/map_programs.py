"""Maps in workflows, written for both SDKs; ``sdk`` is put here by whoever runs this."""

import functools
import typing


@sdk.task
def half(a: int) -> float:
    return a / 2


@sdk.task
def scaled(a: int, by: int, note: str) -> int:
    return a * by


@sdk.task
def printed(a: int) -> None: ...


@sdk.task(
    retries=3,
    timeout=60,
    interruptible=True,
    cache=True,
    cache_version="1",
    requests=sdk.Resources(cpu="1"),
    environment={"A": "1"},
)
def everything(a: int) -> int:
    return a


@sdk.task
def listed() -> typing.List[int]:
    return [1, 2]


@sdk.workflow
def wf_map(a: typing.List[int]) -> typing.List[float]:
    return sdk.map_task(half)(a=a)


@sdk.workflow
def wf_map_concurrency(a: typing.List[int]) -> typing.List[float]:
    sdk.map_task(half, concurrency=0)(a=a)
    return sdk.map_task(half, concurrency=4)(a=a)


@sdk.workflow
def wf_map_ratio(a: typing.List[int]) -> typing.List[typing.Optional[float]]:
    return sdk.map_task(half, min_success_ratio=0.5)(a=a)


@sdk.workflow
def wf_map_bound(a: typing.List[int], b: int) -> typing.List[int]:
    return sdk.map_task(functools.partial(scaled, by=b, note="x"))(a=a)


@sdk.workflow
def wf_map_of_outputs() -> typing.List[float]:
    return sdk.map_task(half)(a=listed())


@sdk.workflow
def wf_map_constants() -> typing.List[float]:
    return sdk.map_task(half)(a=[1, 2, 3])


@sdk.workflow
def wf_map_void(a: typing.List[int]) -> None:
    sdk.map_task(printed)(a=a)


@sdk.workflow
def wf_map_everything(a: typing.List[int]) -> typing.List[int]:
    return sdk.map_task(everything)(a=a)


@sdk.workflow
def wf_map_overrides(a: typing.List[int]) -> typing.List[float]:
    return sdk.map_task(half)(a=a).with_overrides(
        retries=2,
        interruptible=True,
        requests=sdk.Resources(cpu="2"),
        limits=sdk.Resources(cpu="3"),
        container_image="example.com/other:v2",
    )


@sdk.workflow
def wf_map_all(a: typing.List[int]) -> typing.List[float]:
    return sdk.map_task(half, run_all_sub_nodes=True)(a=a)


@sdk.workflow
def wf_map_after(a: typing.List[int]) -> typing.List[float]:
    first = listed()
    second = sdk.map_task(half)(a=a)
    first >> second
    return second


@sdk.workflow
def one(a: int, b: int) -> int:
    return scaled(a=a, by=b, note="x")


plan = sdk.LaunchPlan.get_or_create(one, name="plan")


@sdk.workflow
def wf_map_plan(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return sdk.map_task(plan)(a=a, b=b)


@sdk.workflow
def wf_map_plan_options(a: typing.List[int], b: typing.List[int]) -> typing.List[typing.Optional[int]]:
    return sdk.map_task(plan, concurrency=3, min_success_ratio=0.5)(a=a, b=b)


@sdk.workflow
def wf_map_count(a: typing.List[int]) -> typing.List[typing.Optional[float]]:
    return sdk.map_task(half, min_successes=2, min_success_ratio=None)(a=a)


@sdk.workflow
def wf_map_in_branch(a: typing.List[int], b: int) -> typing.List[float]:
    return sdk.conditional("choice").if_(b == 1).then(sdk.map_task(half)(a=a)).else_().then(sdk.map_task(half)(a=[b]))


@sdk.workflow
def wf_map_plan_overrides(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return sdk.map_task(plan)(a=a, b=b).with_overrides(retries=2, name="other")


@sdk.workflow
def wf_map_overrides_name(a: typing.List[int]) -> typing.List[float]:
    return sdk.map_task(half)(a=a).with_overrides(name="other", node_name="mine", shared_memory=True, timeout=5)


@sdk.dynamic
def dyn_map(a: int) -> typing.List[float]:
    return sdk.map_task(half)(a=[a, 2])


@sdk.workflow
def wf_map_plan_name(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return sdk.map_task(sdk.LaunchPlan.get_or_create(one, name="A_plan.of one"))(a=a, b=b)


@sdk.reference_task(project="p2", domain="d2", name="there.scaled", version="v2")
def ref_task(a: int, by: int) -> int:
    return 0


@sdk.reference_launch_plan(project="p2", domain="d2", name="there.plan", version="v2")
def ref_plan(a: int, b: str) -> int:
    return 0


@sdk.workflow
def wf_map_ref_task(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return sdk.map_task(ref_task, concurrency=2)(a=a, by=b)


@sdk.workflow
def wf_map_ref_task_ratio(a: typing.List[int]) -> typing.List[typing.Optional[int]]:
    return sdk.map_task(ref_task, min_success_ratio=0.5)(a=a, by=[1]).with_overrides(retries=2)


@sdk.workflow
def wf_map_ref_plan(a: typing.List[int], b: typing.List[str]) -> typing.List[int]:
    return sdk.map_task(ref_plan)(a=a, b=b)
