"""A build farm: failure nodes with inputs, error text, a workflow as failure node, what raises what."""

import typing

from flytekit import task, workflow
from flytekit.exceptions.user import FlyteFailureNodeInputMismatchException
from flytekit.types.error import FlyteError

EVENTS = []


@task
def create_cluster(name: str) -> str:
    EVENTS.append(f"create {name}")
    return name


@task
def build(cluster: str, target: str) -> str:
    if target == "broken":
        raise RuntimeError(f"target {target} does not compile")
    return f"{cluster}/{target}"


@task
def delete_cluster(name: str, target: str, err: typing.Optional[FlyteError] = None):
    EVENTS.append(f"delete {name} for {target}: {'does not compile' in err.message if err else None}")


@workflow
def tidy(name: str, target: str):
    delete_cluster(name=name, target=target)


@workflow(on_failure=delete_cluster)
def farm(name: str, target: str) -> str:
    cluster = create_cluster(name=name)
    return build(cluster=cluster, target=target)


@workflow(on_failure=tidy)
def small_farm(name: str, target: str) -> str:
    return build(cluster=name, target=target)


@task
def wrong(other: int): ...


if __name__ == "__main__":
    print(farm(name="c1", target="app"), small_farm(name="c2", target="lib"))
    for run in (farm, small_farm):
        try:
            run(name="c3", target="broken")
        except Exception as error:
            print("does not compile" in str(error))
    print(EVENTS)
    try:

        @workflow(on_failure=wrong)
        def bad(name: str) -> str:
            return create_cluster(name=name)

        bad(name="x")
    except FlyteFailureNodeInputMismatchException:
        print("inputs do not match")
