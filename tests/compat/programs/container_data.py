"""How a container's values travel."""

from sdk import ContainerTask, kwtypes

yaml = ContainerTask(
    name="container.yaml",
    image="example.com/program:1",
    command=["run"],
    inputs=kwtypes(a=int),
    outputs=kwtypes(b=int),
    metadata_format=ContainerTask.MetadataFormat.YAML,
)

proto = ContainerTask(
    name="container.proto",
    image="example.com/program:1",
    command=["run"],
    inputs=kwtypes(a=int),
    metadata_format=ContainerTask.MetadataFormat.PROTO,
)
