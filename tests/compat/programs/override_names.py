"""Identifiers and aliases of nodes."""

from sdk import task, workflow


@task
def plain(a: int) -> int:
    return a


@task
def nothing() -> None: ...


@workflow
def named(a: int) -> int:
    x = plain(a=a).with_overrides(node_name="First_Node.ofAll")
    nothing().with_overrides(node_name="nothing-here")
    return plain(a=x).with_overrides(node_name="b" * 62, name="shown")


@workflow
def aliased(a: int) -> int:
    return plain(a=a).with_overrides(aliases={"o0": "better"})
