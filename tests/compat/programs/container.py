"""Programs in images of their own."""

import typing

from sdk import ContainerTask, FlyteDirectory, FlyteFile, Resources, Secret, TaskMetadata, kwtypes, workflow

plain = ContainerTask(
    name="container.plain",
    image="example.com/program:1",
    command=["run", "{{.inputs.a}}", "/var/outputs"],
    inputs=kwtypes(a=int),
    outputs=kwtypes(out=float),
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
)

options = ContainerTask(
    name="container.options",
    image="{{.image.default.fqn}}:{{.image.default.version}}",
    command=["run"],
    arguments=["--a", "{{.inputs.a}}"],
    inputs=kwtypes(a=FlyteFile, b=FlyteDirectory),
    outputs=kwtypes(x=str, y=typing.List[int]),
    requests=Resources(cpu="1"),
    limits=Resources(cpu="2", mem="1Gi"),
    environment={"A": "1"},
    secret_requests=[Secret(group="g", key="k")],
    metadata=TaskMetadata(retries=2, cache=True, cache_version="1"),
    pod_template_name="template",
)

nothing = ContainerTask(name="container.nothing", image="example.com/program:1", command=["run"])


@workflow
def flow(a: int) -> float:
    nothing()
    return plain(a=a)
