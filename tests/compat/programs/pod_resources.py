"""What a task asks for, in its pod."""

from kubernetes.client import V1Container, V1PodSpec, V1ResourceRequirements

from sdk import PodTemplate, Resources, accelerators, task


@task(
    pod_template=PodTemplate(primary_container_name="main"),
    requests=Resources(cpu="1", mem="1Gi", ephemeral_storage="2Gi"),
    limits=Resources(cpu="2"),
)
def asks(a: int) -> int:
    return a


@task(
    pod_template=PodTemplate(
        primary_container_name="main",
        pod_spec=V1PodSpec(
            containers=[
                V1Container(
                    name="main", image="example.com/own:1", resources=V1ResourceRequirements(limits={"cpu": "9"})
                )
            ]
        ),
    ),
)
def own_resources(a: int) -> int:
    return a


@task(
    pod_template=PodTemplate(
        primary_container_name="main",
        pod_spec=V1PodSpec(
            containers=[V1Container(name="main", resources=V1ResourceRequirements(limits={"cpu": "9"}))]
        ),
    ),
    limits=Resources(mem="3Gi"),
    container_image="example.com/of-the-task:2",
)
def both(a: int) -> int:
    return a


@task(pod_template=PodTemplate(), shared_memory="1Gi", accelerator=accelerators.T4)
def extended(a: int) -> int:
    return a
