"""More of the programs: what is registered already, called from here."""

import typing


@sdk.reference_task(project="p2", domain="d2", name="there.task", version="v2")
def ref_task(a: int, b: str) -> int:
    return 0


@sdk.reference_task(project="p2", domain="d2", name="Bare-Name", version="v2")
def ref_bare(a: typing.Optional[int]) -> typing.NamedTuple("Out", [("x", int), ("y", str)]):
    return 0, ""


@sdk.reference_task(project="p2", domain="d2", name="there.clean", version="v2")
def ref_clean(a: int) -> None: ...


@sdk.reference_workflow(project="p2", domain="d2", name="there.flow", version="v2")
def ref_flow(a: int) -> int:
    return 0


@sdk.reference_launch_plan(project="p2", domain="d2", name="there.plan", version="v2")
def ref_plan(a: int, b: typing.Optional[int] = None) -> int:
    return 0


ref_got = sdk.get_reference_entity(1, "p2", "d2", "got", "v2", {"a": int}, {"o0": int})
ref_got_plan = sdk.get_reference_entity(3, "p2", "d2", "got.plan", "v2", {"a": Row}, {"o0": typing.List[Row]})


@sdk.workflow
def wf_ref_task(a: int) -> int:
    x = ref_task(a=a, b="x")
    return inc(a=x)


@sdk.workflow
def wf_ref_names(a: int) -> str:
    x, y = ref_bare(a=a)
    return add_text(a=y, b=ref_bare(a=None).y, c=x)


@sdk.task
def add_text(a: str, b: str, c: int) -> str:
    return a + b


@sdk.workflow
def wf_ref_plan(a: int) -> int:
    return ref_plan(a=a, b=3)


@sdk.workflow
def wf_ref_plan_default(a: int) -> int:
    return ref_plan(a=a)


@sdk.workflow
def wf_ref_overrides(a: int) -> int:
    ref_plan(a=a).with_overrides(retries=3, name="other", interruptible=True, timeout=30)
    return ref_task(a=a, b="x").with_overrides(retries=2, node_name="mine", cache=True, cache_version="3")


@sdk.workflow
def wf_ref_void(a: int) -> None:
    first = ref_clean(a=a)
    second = ref_clean(a=1)
    first >> second


@sdk.workflow
def wf_ref_branch(a: int) -> int:
    return sdk.conditional("c").if_(a == 1).then(ref_plan(a=a, b=a)).elif_(a == 2).then(ref_got(a=a)).else_().fail("no")


@sdk.workflow(on_failure=ref_clean)
def wf_ref_on_failure(a: int) -> int:
    return inc(a=a)


@sdk.workflow(on_failure=ref_plan)
def wf_ref_plan_on_failure(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_ref_got(a: int) -> typing.List[Row]:
    return ref_got_plan(a=make_row(a=ref_got(a=a)))


@sdk.workflow
def wf_ref_deep(a: int) -> int:
    return wf_ref_task(a=a)


@sdk.dynamic
def dyn_ref_plan(a: int) -> int:
    return inc(a=ref_plan(a=a, b=1))


lp_of_ref = sdk.LaunchPlan.get_or_create(ref_flow, name="lp_of_ref", fixed_inputs={"a": 3})

DYNAMIC_INPUTS["dyn_ref_plan"] = {"a": 1}
