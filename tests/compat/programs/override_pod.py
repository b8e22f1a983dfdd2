"""Pod template of a node."""

from kubernetes.client import V1Container, V1PodSpec

from sdk import PodTemplate, task, workflow


@task
def plain(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return plain(a=a).with_overrides(
        pod_template=PodTemplate(
            primary_container_name="first",
            labels={"k": "v"},
            annotations={"n": "w"},
            pod_spec=V1PodSpec(
                containers=[V1Container(name="first"), V1Container(name="beside", image="example.com/x:1")],
                node_selector={"zone": "a"},
            ),
        )
    )
