"""A program in a pod of its own."""

from kubernetes.client import V1Container, V1PodSpec

from sdk import ContainerTask, PodTemplate, kwtypes

in_pod = ContainerTask(
    name="container.pod",
    image="example.com/program:1",
    command=["run", "{{.inputs.a}}"],
    inputs=kwtypes(a=int),
    pod_template=PodTemplate(
        primary_container_name="main",
        labels={"k": "v"},
        pod_spec=V1PodSpec(containers=[V1Container(name="beside", image="example.com/x:1")]),
    ),
)
