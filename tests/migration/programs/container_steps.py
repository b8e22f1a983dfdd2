"""Tools in containers: ContainerTask in a workflow, looked at and not run."""

from flytekit import ContainerTask, Resources, kwtypes, task, workflow

align = ContainerTask(
    name="align-reads",
    image="ghcr.io/example/aligner:2.1",
    inputs=kwtypes(reads=int, mode=str),
    outputs=kwtypes(score=float),
    command=["align", "--mode", "{{.inputs.mode}}", "{{.inputs.reads}}", "/var/outputs"],
    arguments=["--fast"],
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    requests=Resources(cpu="2", mem="1Gi"),
    limits=Resources(cpu="4"),
)


@task
def grade(score: float) -> str:
    return "good" if score > 0.5 else "poor"


@workflow
def judge(reads: int, mode: str = "local") -> str:
    return grade(score=align(reads=reads, mode=mode))


if __name__ == "__main__":
    print(align.name, align.task_type)
    print(sorted(align.python_interface.inputs), sorted(align.python_interface.outputs))
    print(align.resources.requests.cpu, align.resources.limits.cpu)
    print([node.id for node in judge.nodes])
    print(grade(score=0.9))
