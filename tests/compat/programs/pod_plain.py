"""Pod templates without much in them."""

from sdk import PodTemplate, task


@task(pod_template=PodTemplate())
def empty(a: int) -> int:
    return a


@task(pod_template=PodTemplate(primary_container_name="main", labels={"l": "1"}, annotations={"a": "2"}))
def labelled(a: int) -> int:
    return a


@task(pod_template_name="cluster-template")
def by_name(a: int) -> int:
    return a


@task(pod_template=PodTemplate(primary_container_name="main"), pod_template_name="both")
def both(a: int) -> int:
    return a
