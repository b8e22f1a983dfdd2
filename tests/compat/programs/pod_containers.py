"""A pod with more than the task's container."""

from kubernetes.client import (
    V1Container,
    V1EmptyDirVolumeSource,
    V1EnvVar,
    V1PodSpec,
    V1ResourceRequirements,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
)

from sdk import PodTemplate, task, workflow

template = PodTemplate(
    primary_container_name="main",
    labels={"k": "v"},
    annotations={"n": "w"},
    pod_spec=V1PodSpec(
        containers=[
            V1Container(
                name="main",
                env=[V1EnvVar(name="OWN", value="1")],
                volume_mounts=[V1VolumeMount(name="scratch", mount_path="/scratch")],
            ),
            V1Container(
                name="beside",
                image="{{.image.default.fqn}}:{{.image.default.version}}",
                command=["sleep"],
                args=["10"],
                resources=V1ResourceRequirements(requests={"cpu": "1"}, limits={"cpu": "2"}),
            ),
        ],
        init_containers=[V1Container(name="before", image="example.com/init:1")],
        volumes=[V1Volume(name="scratch", empty_dir=V1EmptyDirVolumeSource(medium="Memory"))],
        tolerations=[V1Toleration(key="gpu", operator="Exists", effect="NoSchedule")],
        node_selector={"zone": "a"},
        service_account_name="runner",
        termination_grace_period_seconds=5,
    ),
)


@task(pod_template=template)
def in_pod(a: int) -> int:
    return a


@task(pod_template=template, environment={"OWN": "task"})
def with_environment(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return in_pod(a=a)
