"""What a backend is told about a launch plan."""

from sdk import Annotations, Labels, LaunchPlan, RawOutputDataConfig, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int = 1) -> int:
    return inc(a=a)


labelled = LaunchPlan.get_or_create(
    flow, name="plan.labelled", labels=Labels({"k": "v", "l": "w"}), annotations=Annotations({"n": "x"})
)
placed = LaunchPlan.get_or_create(
    flow, name="plan.placed", raw_output_data_config=RawOutputDataConfig(output_location_prefix="s3://bucket/raw")
)
parallel = LaunchPlan.get_or_create(flow, name="plan.parallel", max_parallelism=5)
fresh = LaunchPlan.get_or_create(flow, name="plan.fresh", overwrite_cache=True)
active = LaunchPlan.get_or_create(flow, name="plan.active", auto_activate=True)
