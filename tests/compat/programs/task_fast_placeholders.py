"""Code whose place the backend's tool fills in."""

import typing

from sdk import PodTemplate, dynamic, map_task, task, workflow

SETTINGS = {"fast": {"enabled": True}}


@task
def fetched(a: int) -> int:
    return a


@task(pod_template=PodTemplate(primary_container_name="main"))
def in_pod(a: int) -> int:
    return a


@dynamic
def dyn(a: int) -> int:
    return fetched(a=a)


@workflow
def flow(a: typing.List[int]) -> typing.List[int]:
    dyn(a=1)
    return map_task(fetched)(a=a)
