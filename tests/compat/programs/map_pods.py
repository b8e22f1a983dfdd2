"""A map over a task with a pod of its own."""

import typing

from sdk import PodTemplate, map_task, task, workflow


@task(pod_template=PodTemplate(primary_container_name="main", labels={"k": "v"}))
def in_pod(a: int) -> int:
    return a


@workflow
def flow(a: typing.List[int]) -> typing.List[int]:
    return map_task(in_pod)(a=a)
