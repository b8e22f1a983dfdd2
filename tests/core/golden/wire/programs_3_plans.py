"""More of the programs: overrides, workflows put together by hand, launch plans."""

import datetime
import typing

lp_required = sdk.LaunchPlan.get_or_create(wf_one, name="lp_required")


# Overrides


@sdk.workflow
def wf_override_metadata(a: int) -> int:
    inc(a=a).with_overrides(retries=2)
    inc(a=a).with_overrides(timeout=30)
    inc(a=a).with_overrides(timeout=datetime.timedelta(minutes=1))
    inc(a=a).with_overrides(interruptible=True)
    inc(a=a).with_overrides(interruptible=False)
    return inc(a=a).with_overrides(name="other name")


@sdk.workflow
def wf_override_of_everything(a: int) -> int:
    everything(a=a).with_overrides(retries=0)
    everything(a=a).with_overrides(timeout=None)
    everything(a=a).with_overrides(cache=False)
    return everything(a=a).with_overrides(interruptible=False)


@sdk.workflow
def wf_override_names(a: int) -> int:
    x = inc(a=a).with_overrides(node_name="First_Node.ofAll")
    return add(a=x, b=inc(a=x).with_overrides(node_name="b" * 62))


@sdk.workflow
def wf_override_resources(a: int) -> int:
    inc(a=a).with_overrides(requests=sdk.Resources(cpu="1", mem="100Mi"))
    inc(a=a).with_overrides(limits=sdk.Resources(gpu="1"))
    inc(a=a).with_overrides(requests=sdk.Resources(cpu="1"), limits=sdk.Resources(cpu="2", mem="2Gi"))
    return inc(a=a).with_overrides(resources=sdk.Resources(cpu=("1", "2"), mem=("1Gi", "2Gi")))


@sdk.workflow
def wf_override_image(a: int) -> int:
    return inc(a=a).with_overrides(container_image="example.com/other:v2")


@sdk.workflow
def wf_override_accelerator(a: int) -> int:
    inc(a=a).with_overrides(shared_memory=True)
    return inc(a=a).with_overrides(accelerator=accelerators.T4, shared_memory="1Gi")


@sdk.workflow
def wf_override_cache(a: int) -> int:
    inc(a=a).with_overrides(cache=True, cache_version="7", cache_serialize=True)
    return inc(a=a).with_overrides(cache=sdk.Cache(version="8"))


@sdk.workflow
def wf_override_aliases(a: int) -> int:
    return inc(a=a).with_overrides(aliases={"o0": "better"})


@sdk.workflow
def wf_override_sub(a: int) -> int:
    return wf_chain(a=a).with_overrides(name="sub", retries=1)


@sdk.workflow
def wf_override_pod(a: int) -> int:
    return inc(a=a).with_overrides(
        pod_template=sdk.PodTemplate(primary_container_name="first", labels={"k": "v"}, annotations={"n": "w"})
    )


@sdk.workflow
def wf_override_cache_without(a: int) -> int:
    return inc(a=a).with_overrides(cache=True, cache_version="7")


@sdk.workflow
def wf_override_plan(a: int) -> int:
    return lp_required(a=a).with_overrides(name="plan", interruptible=True)


@sdk.workflow
def wf_outputs_in_order(a: int) -> typing.NamedTuple("Order", [("z", int), ("a", int), ("m", int)]):
    return inc(a=a), add(a=a), a


@sdk.workflow(docs=sdk.Documentation(long_description=sdk.Description(value="long one")))
def wf_long_docs(a: int) -> int:
    """One line."""
    return inc(a=a)


@sdk.workflow
def wf_file(a: sdk.FlyteFile, b: typing.Optional[sdk.FlyteFile] = None) -> sdk.FlyteFile:
    return pass_file(a=a)


@sdk.workflow
def wf_unions(a: typing.Union[int, typing.List[int]] = 3) -> typing.Union[int, str]:
    lists(a={"k": [1, Row(1, [], {})]}, b=[[1], Row(2, [], {})])
    lists(a=None, b=[])
    return either(a=1)


@sdk.workflow
def wf_nested_promises(a: int) -> typing.List[typing.Dict[str, int]]:
    nested(a=[{"x": inc(a=a), "y": 1}, {}], b={"k": [inc(a=a)], "l": []})
    return [{"x": inc(a=a)}]


@sdk.workflow
def wf_sub_outputs(a: int) -> int:
    x, y = wf_two_outputs(a=a)
    z = wf_named_outputs(a=x)
    says(a=y)
    return add(a=z.first, b=x)


@sdk.workflow
def wf_item_of_input(a: typing.List[int], b: typing.Dict[str, int]) -> int:
    return add(a=a[0], b=b["k"])


# Imperative


imp_plain = sdk.Workflow(name="imp.plain")
_a = imp_plain.add_workflow_input("a", int)
_n = imp_plain.add_entity(inc, a=_a)
imp_plain.add_workflow_output("out", _n.outputs["o0"])

imp_more = sdk.Workflow(name="imp.more", failure_policy=sdk.WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
_a = imp_more.add_workflow_input("a", int)
_n = imp_more.add_entity(inc, a=_a)
_m = imp_more.add_entity(total, values=[_n.outputs["o0"], _a])
_s = imp_more.add_subwf(wf_chain, a=_m.outputs["o0"])
imp_more.add_workflow_output("out", _s.outputs["o0"])
imp_more.add_workflow_output("all", [_n.outputs["o0"], _m.outputs["o0"]], python_type=typing.List[int])
imp_more.add_on_failure_handler(clean)


# Launch plans


lp_default = sdk.LaunchPlan.get_or_create(wf_default)
lp_named = sdk.LaunchPlan.get_or_create(wf_default, name="lp_named", default_inputs={"a": 7})
lp_fixed = sdk.LaunchPlan.get_or_create(wf_default, name="lp_fixed", fixed_inputs={"b": "y"})
lp_both = sdk.LaunchPlan.create("lp_both", wf_default, default_inputs={"a": 7}, fixed_inputs={"b": "y"})
lp_cron = sdk.LaunchPlan.get_or_create(wf_default, name="lp_cron", schedule=sdk.CronSchedule(schedule="0 8 * * *"))


@sdk.workflow
def wf_at(when: datetime.datetime, a: int = 1) -> int:
    return inc(a=a)


@sdk.workflow
def wf_optionals(
    a: typing.Optional[int], b: typing.Optional[int] = 4, c: typing.Optional[typing.List[int]] = None
) -> typing.Optional[int]:
    return maybe(a=a)


lp_kickoff = sdk.LaunchPlan.get_or_create(
    wf_at, name="lp_kickoff", schedule=sdk.CronSchedule(schedule="hourly", kickoff_time_input_arg="when")
)
lp_rate = sdk.LaunchPlan.get_or_create(
    wf_at,
    name="lp_rate",
    schedule=sdk.FixedRate(datetime.timedelta(minutes=10), kickoff_time_input_arg="when"),
)
lp_rate_hours = sdk.LaunchPlan.get_or_create(
    wf_default, name="lp_rate_hours", schedule=sdk.FixedRate(datetime.timedelta(hours=3))
)
lp_rate_days = sdk.LaunchPlan.get_or_create(
    wf_default, name="lp_rate_days", schedule=sdk.FixedRate(datetime.timedelta(days=2))
)
lp_optionals = sdk.LaunchPlan.get_or_create(wf_optionals, name="lp_optionals")
lp_parallel = sdk.LaunchPlan.get_or_create(wf_default, name="lp_parallel", max_parallelism=5)
lp_overwrites = sdk.LaunchPlan.get_or_create(wf_default, name="lp_overwrites", overwrite_cache=True)
lp_active = sdk.LaunchPlan.create("lp_active", wf_default, auto_activate=True)


@sdk.workflow
def wf_calls_plan(a: int) -> int:
    return lp_required(a=a)


@sdk.workflow
def wf_calls_fixed(a: int) -> int:
    return lp_fixed(a=a)


@sdk.workflow
def wf_calls_plan_default() -> int:
    return lp_named()
